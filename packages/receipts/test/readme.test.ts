import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aMobile, startApi, type Api } from '../../../apps/api/test/api.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')
const EXAMPLE = /^```js\n(.*?)^```$/ms.exec(read('../README.md'))?.[1] ?? ''

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

/** Posts these receipts to the example, and returns its answers. */
async function postToExample(receipts: readonly string[], url: string): Promise<unknown> {
  const script = `${EXAMPLE}
    const server = app.listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port + '/log-in'
      const headers = { 'content-type': 'application/json' }
      const answers = []
      for (const receipt of ${JSON.stringify(receipts)}) {
        const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ receipt }) })
        answers.push([answer.status, await answer.json()])
      }
      console.log(JSON.stringify(answers))
      process.exit()
    })`
  const flags = ['--conditions=@sms-codes/source', '--import=tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, flags, {
    cwd: import.meta.dirname,
    env: { ...process.env, SMS_CODES_URL: url },
  })
  return JSON.parse(stdout)
}

it('the example of the README accepts a receipt, and refuses another scene and a forgery', async () => {
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 })
  const receipt = await api.receipt(aMobile())
  const [header, , signature] = receipt.split('.')
  const forged = [header, (await api.receipt(aMobile())).split('.')[1], signature].join('.')
  const { sub, jti } = decodeJwt(receipt)
  expect(await postToExample([receipt, await api.receipt(aMobile(), 'register'), forged], url)).toEqual([
    [200, { account: sub, once: jti }],
    [400, { error: 'other_scene', message: 'the receipt is not accepted: other scene' }],
    [400, { error: 'invalid', message: 'the receipt is not accepted: invalid' }],
  ])
})

it('docs/receipts.md has the same example', () => {
  expect(EXAMPLE).not.toBe('')
  expect(read('../../../docs/receipts.md')).toContain(`\`\`\`js\n${EXAMPLE}\`\`\`\n`)
})
