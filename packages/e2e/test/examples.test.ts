import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aptInstall } from '@sms-codes/launcher/apt'
import { startProxy, type Mode } from '../../examples/test/back-ends/proxy.ts'
import { API, SITE, startForSites } from './sign-up-site.ts'
import { createVisitor } from './sign-up-visitor.ts'
import { aMobile, ROOT, wrong } from './system.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'sms-codes-examples-'))
let service: Awaited<ReturnType<typeof startForSites>>
let page: Page
let visitor: ReturnType<typeof createVisitor>
beforeAll(async () => {
  // An installation can take longer than a test may.
  await installDjango()
  service = await startForSites()
})
beforeEach(async () => {
  page = await service.browser.newPage()
  visitor = createVisitor({ page, ...service })
})
afterEach(async () => {
  await page.close()
  await service.stopSite()
})
afterAll(async () => {
  await service.stop()
  rmSync(dataDir, { recursive: true })
})

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const shellBlocks = (text: string) =>
  Array.from(text.matchAll(/^```bash\n([^]*?)^```$/gm), ([, block = '']) => block)

/** Runs the commands in the README of an example, and opens its page. */
async function open(example: string, { path = '/', block = 0, apiUrl = '' } = {}): Promise<void> {
  const commands = shellBlocks(read(`packages/examples/${example}/README.md`))[block] ?? ''
  const env = {
    DATABASE: join(dataDir, 'accounts.sqlite3'),
    ...(apiUrl !== '' && { SMS_CODES_URL: apiUrl }),
  }
  await service.startSite({ name: example, commands, env })
  await page.goto(SITE + path)
}

/** Proves a number with the tag in a form, and sends the form. */
async function signUpWithForm(mobile: string) {
  await visitor.proveNumber(mobile)
  // Without a receipt, the browser does not send the form.
  await expect.poll(() => page.evaluate('new FormData(document.forms[0]).get("mobile")')).toBe(mobile)
  return visitor.signUp(() => page.click('form > button'))
}

const forged = (receipt: string) => {
  const [head, , signature] = receipt.split('.')
  return [head, Buffer.from('{"scene":"register"}').toString('base64url'), signature].join('.')
}

describe.each([
  ['html', '凭证无效'],
  ['django', 'The receipt is not valid, or was redeemed before'],
])('the page and the back end of the example %s', (example, errmsg) => {
  it('create one account for one receipt, and only for its number', async () => {
    await open(example)
    const mobile = aMobile()
    const { answer, sent, post } = await signUpWithForm(mobile)
    expect(answer).toEqual([201, { account: 1, mobile }])

    const refused = [400, expect.objectContaining({ errmsg })]
    expect((await post(sent))[0]).toBe(409)
    const other = aMobile()
    const receipt = await visitor.receiptOf(other)
    expect(await post({ receipt, mobile })).toEqual(refused)
    expect(await post({ receipt: forged(receipt), mobile: other })).toEqual(refused)
    for (const fields of [{ receipt }, { mobile: other }, {}]) expect((await post(fields))[0]).toBe(400)
    expect(await post({ receipt, mobile: other })).toEqual([201, { account: 2, mobile: other }])
    const again = { receipt: await visitor.receiptOf(mobile, 2), mobile }
    expect(await post(again)).toEqual([409, { errmsg: 'This number has an account' }])
  })
})

const FAILURES = ['closed', 'broken', 'no JSON', 'cut'] satisfies Mode[]

describe.each(['html', 'django'])('the back end of the example %s', (example) => {
  it('answers 503 with a text for the user while the API gives no answer or refuses the key', async () => {
    const proxy = await startProxy(service.apiUrl)
    await open(example, { apiUrl: proxy.url })
    const fields = await page.evaluate<Record<string, string>>(
      'Object.fromEntries(new FormData(document.forms[0]))',
    )
    const form = { ...fields, receipt: 'a.b.c', mobile: aMobile() }
    for (const mode of [...FAILURES, 'without API key'] satisfies Mode[]) {
      proxy.state.mode = mode
      const answer = await page.request.post(`${service.siteUrl}/sign-up`, { form })
      expect([answer.status(), await answer.json()]).toEqual([503, { errmsg: 'Try again later' }])
    }
    await proxy.stop()
  })
})

function installDjango(): Promise<void> {
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import django'])
  return status === 0 ? Promise.resolve() : aptInstall(['python3-django'], console.log)
}

describe('the example express', () => {
  it('creates one account for one phone with an offline check', async () => {
    await open('express', { block: 1 })
    const { answer, sent, post } = await signUpWithForm(aMobile())
    expect(answer).toEqual([201, { account: 1 }])
    expect(await post(sent)).toEqual([409, { errmsg: 'This phone has an account' }])
    const receipt = await visitor.receiptOf(aMobile())
    const refused = [400, expect.objectContaining({ error: 'invalid' })]
    expect(await post({ receipt: forged(receipt) })).toEqual(refused)
    expect(await post({})).toEqual(refused)
    expect(await post({ receipt })).toEqual([201, { account: 2 }])
  })
})

describe.each(['react', 'vue'])('the example %s', (example) => {
  it('uses the tag, and its sign-up creates an account', async () => {
    await open(example)
    const mobile = aMobile()
    const { answer } = await visitor.signUp(() => visitor.proveNumber(mobile))
    expect(answer).toEqual([201, { account: 1, mobile }])
    await page.getByText('Your account was created.').waitFor()
  })
})

describe('the example react', () => {
  it('has a form of its own on the client, which shows refusals and creates an account', async () => {
    await open('react', { path: '/#own-form' })
    const mobile = aMobile()
    await page.getByLabel('Mobile number').fill(mobile)
    await visitor.answerPicture('img', '[aria-label="Image code"]', 'ZZZZ')
    await page.click('text=Send a code')
    await page.getByText('The image code is not right').waitFor()
    await visitor.answerPicture('img', '[aria-label="Image code"]')
    await page.click('text=Send a code')
    await page.locator('button', { hasText: /^Again in [0-9]+ s$/ }).waitFor()
    const code = await visitor.arrivedCode(mobile)
    await page.getByLabel('Code', { exact: true }).fill(wrong(code))
    await page.click('text=Sign up')
    await page.getByText('The code is not right').waitFor()
    await page.getByLabel('Code', { exact: true }).fill(code)
    const { answer } = await visitor.signUp(() => page.click('text=Sign up'))
    expect(answer).toEqual([201, { account: 1, mobile }])
  })

  it('keeps the answered picture in its own form after a wrong number, and sends a second time', async () => {
    await page.clock.install()
    await open('react', { path: '/#own-form' })
    const mobile = aMobile()
    await page.getByLabel('Mobile number').fill('123')
    await visitor.answerPicture('img', '[aria-label="Image code"]')
    await page.click('text=Send a code')
    await page.getByText('Not a mobile number').waitFor()
    await page.getByLabel('Mobile number').fill(mobile)
    await page.click('text=Send a code')
    await visitor.arrivedCode(mobile)
    await page.locator('button', { hasText: /^Again in [0-9]+ s$/ }).waitFor()
    await page.clock.fastForward('01:00')
    await visitor.answerPicture('img', '[aria-label="Image code"]')
    await page.click('text=Send a code')
    expect(await visitor.arrivedCode(mobile, 2)).toMatch(/^[0-9]{6}$/)
  })
})

describe('the page of the course', () => {
  it('shows another picture after a send, and sends a second time', async () => {
    await page.clock.install()
    await open('seed')
    for (const mobile of [aMobile(), aMobile()]) {
      await page.fill('#mobile', mobile)
      await visitor.answerPicture('#image', '#image-code')
      await page.click('#send')
      await page.locator('#send', { hasText: /^[0-9]+秒$/ }).waitFor()
      expect(await visitor.arrivedCode(mobile)).toMatch(/^[0-9]{6}$/)
      await page.clock.runFor('01:00')
    }
  })

  it('has a server that gives away no file of its own, and refuses a registration without fields', async () => {
    await open('seed')
    expect((await page.request.get(`${service.siteUrl}/server.mjs`)).status()).toBe(404)
    const answer = await page.request.post(`${service.siteUrl}/register/`)
    expect(await answer.json()).toMatchObject({ code: '4007' })
  })

  it('has a server that keeps the code of a user while the API gives no answer', async () => {
    const proxy = await startProxy(service.apiUrl)
    await open('seed', { apiUrl: proxy.url })
    const mobile = aMobile()
    await service.system.send(mobile)
    const data = { mobile, sms_code: await visitor.arrivedCode(mobile) }
    const register = async (mode: Mode): Promise<unknown> => {
      proxy.state.mode = mode
      return (await page.request.post(`${service.siteUrl}/register/`, { data })).json()
    }
    for (const mode of FAILURES)
      expect(await register(mode)).toEqual({ code: '5000', errmsg: '服务暂不可用' })
    expect(await register('pass')).toMatchObject({ code: '0' })
    await proxy.stop()
  })

  it('makes the calls of the course, and its server creates one account', async () => {
    const calls: string[] = []
    page.on('request', (request) => {
      if (request.url().startsWith(API)) calls.push(`${request.method()} ${request.url().slice(API.length)}`)
    })
    await open('seed')
    const mobile = aMobile()
    await page.fill('#mobile', mobile)
    await visitor.answerPicture('#image', '#image-code', 'ZZZZ')
    await page.click('#send')
    await page.locator('#image-error', { hasText: '输入图形验证码有误' }).waitFor()
    await visitor.answerPicture('#image', '#image-code')
    await page.click('#send')
    await page.locator('#send', { hasText: /^[0-9]+秒$/ }).waitFor()
    const code = await visitor.arrivedCode(mobile)
    // A second form of the number would be a second account.
    const data = { mobile: `+86${mobile}`, sms_code: code }
    const answer = await page.request.post(`${service.siteUrl}/register/`, { data })
    expect(await answer.json()).toMatchObject({ code: '4007' })
    await page.fill('#sms-code', wrong(code))
    await page.click('text=注册')
    await page.locator('#sms-error', { hasText: '短信验证码有误' }).waitFor()
    await page.fill('#sms-code', code)
    await page.click('text=注册')
    await page.locator('#done', { hasText: '注册成功，第1个用户' }).waitFor()
    await page.click('text=注册')
    await page.locator('#sms-error', { hasText: '短信验证码有误' }).waitFor()

    const [picture, first, next, second] = calls
    expect(picture).toMatch(/^GET \/image_codes\/[\w-]+\/$/)
    const uuid = picture?.split('/')[2]
    expect(first).toBe(`GET /sms_codes/${mobile}/?image_code=ZZZZ&uuid=${uuid}`)
    expect(next).not.toBe(picture)
    expect(second).toMatch(`GET /sms_codes/${mobile}/?image_code=`)
    expect(calls).toHaveLength(5)
  })

  it('shows a refusal that is not about the picture beside the code, and fetches another picture', async () => {
    await open('seed')
    const mobile = aMobile()
    await service.system.send(mobile)
    const before = await page.getAttribute('#image', 'src')
    await page.fill('#mobile', mobile)
    await visitor.answerPicture('#image', '#image-code')
    await page.click('#send')
    await page.locator('#sms-error', { hasText: '发送短信过于频繁' }).waitFor()
    expect(await page.textContent('#image-error')).toBe('')
    expect(await page.getAttribute('#image', 'src')).not.toBe(before)
  })
})

/** In place of npm: it takes the packages of this repository, and starts nothing. */
const NPM = `#!/bin/sh
case $1 in
  start) printf 'API_KEYS=%s\\nCORS_ORIGINS=%s\\n' "$API_KEYS" "$CORS_ORIGINS" ;;
  install) ln -s '${join(ROOT, 'node_modules')}' node_modules ;;
esac
`
/** A block after a paragraph that says where to save it, seen from the clone. */
const NAMED_BLOCK = /`(\.\.\/shop\/[\w/]+\.(?:html|mjs))`(?:.+|\n(?!\n))*\n\n```\w+\n([^]*?)^```$/gm

describe.each(['README.md', 'README.zh-CN.md'])('the sign-up in %s', (path) => {
  it('works from an empty folder, with its files as they are and its commands on a stub of npm', async () => {
    const readme = read(path)
    const folder = mkdtempSync(join(dataDir, 'readme-'))
    const clone = join(folder, 'sms-codes')
    for (const dir of [clone, join(folder, 'bin')]) mkdirSync(dir)
    writeFileSync(join(folder, 'bin/npm'), NPM)
    chmodSync(join(folder, 'bin/npm'), 0o755)
    const PATH = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`
    const [start = '', shop = ''] = shellBlocks(readme).filter((block) => block.includes('../shop'))

    const started = spawnSync('bash', ['-ec', start], { cwd: clone, env: { PATH }, encoding: 'utf8' })
    const { API_KEYS = '', CORS_ORIGINS } = parseEnv(started.stdout)
    expect(CORS_ORIGINS).toBe(SITE)
    const api = await service.system.startApi({ API_KEYS })
    for (const [, name = '', text = ''] of readme.matchAll(NAMED_BLOCK))
      writeFileSync(join(clone, name), text)
    const env = { PATH, SMS_CODES_URL: api.url, SMS_CODES_KEY: '' }
    await service.startSite({ name: path, commands: shop, env, cwd: clone })

    await page.goto(SITE)
    const mobile = aMobile()
    const { answer, post } = await signUpWithForm(mobile)
    expect(answer).toEqual([201, { account: 1, mobile }])
    const shown = '13800138000'
    expect(readme).toContain(JSON.stringify({ account: 1, mobile: shown }))
    const [, refusal] = await post({ receipt: 'forged', mobile: shown })
    expect(readme).toContain(`# ${JSON.stringify(refusal)}`)
    await api.process.stop()
  })
})
