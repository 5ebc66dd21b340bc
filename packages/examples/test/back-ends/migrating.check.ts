// Runs the Python of docs/migrating-from-django.md against the API: `npm run check:languages`.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { aMobile, anAddress, startApiWith } from '../../../../apps/api/test/api.ts'
import { installed, LANGUAGES } from './languages.ts'
import { startProxy, type Mode } from './proxy.ts'

const KEY = 's'.repeat(32)
const api = await startApiWith(
  { limits: { address: { verifies: ['2/10m'] } } },
  { API_KEYS: `shop:${KEY}`, TRUST_PROXY: '127.0.0.1' },
)
const proxy = await startProxy(await api.app.listen({ host: '127.0.0.1', port: 0 }))
afterAll(async () => {
  await proxy.stop()
  await api.stop()
})

const django = LANGUAGES['Django']
const versions = django === undefined ? null : await installed(django)
if (versions === null && process.env['CI'] !== undefined) throw new Error('python3-django is needed')

/** Posts forms to the register views of the page, and returns the `code` of each answer. */
async function register(view: 'by_code' | 'by_receipt', forms: object[], address = anAddress()) {
  const python = promisify(execFile)('/usr/bin/python3', [join(import.meta.dirname, 'migrating.py')], {
    env: {
      SMS_CODES_URL: proxy.url,
      SMS_CODES_API_KEY: KEY,
      VIEW: view,
      ADDRESS: address,
      FORMS: JSON.stringify(forms),
    },
  })
  const answers: unknown = JSON.parse((await python).stdout)
  return answers
}

it.runIf(versions !== null)('the register view accepts each code of both services once', async () => {
  const mobile = aMobile()
  const [right, old] = [
    { mobile, sms_code: (await api.sent(mobile, 'default')).code },
    { mobile, sms_code: 'of the old view' },
  ]
  expect(await register('by_code', [{ ...old, stored: true }, old, right])).toEqual(['0', '4008', '0'])
  expect(await register('by_code', [right])).toEqual(['4008'])
})

it.runIf(versions !== null)('the guesses count for the address of the user', async () => {
  const mobile = aMobile()
  const right = { mobile, sms_code: (await api.sent(mobile, 'default')).code }
  const wrong = { mobile, sms_code: right.sms_code === '000000' ? '000001' : '000000' }
  expect(await register('by_code', [wrong, wrong, right])).toEqual(['4008', '4008', '4002'])
  expect(await register('by_code', [right])).toEqual(['0'])
})

it.runIf(versions !== null)(
  'the address is that of the connection if no proxy names another one',
  async () => {
    const mobile = aMobile()
    const right = { mobile, sms_code: (await api.sent(mobile, 'default')).code }
    const malformed = { mobile, sms_code: 'no code' }
    expect(await register('by_code', [malformed, right], '')).toEqual(['4008', '0'])
  },
)

it.runIf(versions !== null)('the register view accepts a receipt once, and for its number only', async () => {
  const mobile = aMobile()
  const receipt = await api.receipt(mobile, 'register')
  const other = { mobile: aMobile(), receipt }
  const forms = [other, { mobile, receipt: 'forged' }, { mobile, receipt }, { mobile, receipt }]
  expect(await register('by_receipt', forms)).toEqual(['4008', '4008', '0', '4008'])
})

const FAILURES = ['silent', 'closed', 'broken', 'no JSON', 'no object', 'cut'] satisfies Mode[]
it.runIf(versions !== null).each(FAILURES)(
  'the register view says that the service is unavailable while its answer is %s, and no code is lost',
  async (mode) => {
    const [mobile, other] = [aMobile(), aMobile()]
    const right = { mobile, sms_code: (await api.sent(mobile, 'default')).code }
    const receipt = { mobile: other, receipt: await api.receipt(other, 'register') }
    proxy.state.mode = mode
    expect(await register('by_code', [right])).toEqual(['5000'])
    expect(await register('by_receipt', [receipt])).toEqual(['5000'])
    proxy.state.mode = 'pass'
    expect(await register('by_code', [right])).toEqual(['0'])
    expect(await register('by_receipt', [receipt])).toEqual(['0'])
  },
)
