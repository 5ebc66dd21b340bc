import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSmsCodes, type Options } from '@sms-codes/client'

const INVALID = { ok: false, reason: 'invalid', message: '', code: '', status: 0 }
const PARAMETERS = {
  algorithm: 'PBKDF2/SHA-256',
  cost: 1,
  keyLength: 1,
  keyPrefix: 'no hex',
  nonce: '00',
  salt: '00',
}
const SCENE = { code_length: 6, expires_in: 300, captcha: [], countries: [], email_fallback: false }

/** A client whose calls all get this answer. */
const clientOf = (answer: object, options: Partial<Options> = {}) =>
  createSmsCodes({ baseUrl: '', fetch: async () => Response.json(answer), storage: null, ...options })

const fail = (): never => {
  throw new Error('a fault of the page')
}

beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

it.each<[string, (parameters: typeof PARAMETERS) => ReturnType<ReturnType<typeof clientOf>['solveProof']>]>([
  ['an `onStep` that throws', (parameters) => clientOf({ parameters, signature: '' }).solveProof(fail)],
  [
    'an algorithm that the browser does not know',
    (parameters) =>
      clientOf({ parameters: { ...parameters, algorithm: 'SCRYPT' }, signature: '' }).solveProof(),
  ],
  ['a challenge without a solution', (parameters) => clientOf({ parameters, signature: '' }).solveProof()],
  // 5,000 steps without a solution take some seconds.
])(
  '%s makes the proof a refusal, and the console shows the error',
  async (_what, solve) => {
    expect(await solve(PARAMETERS)).toEqual(INVALID)
    expect(console.error).toHaveBeenCalledExactlyOnceWith(expect.any(Error))
  },
  60_000,
)

it('a `language` that throws makes every call a refusal, and the console shows the error', async () => {
  const one = clientOf({}, { language: fail })
  const request = { mobile: '13800138000', imageCode: 'AB3D' }
  const answers = [one.scene(), one.send(request), one.verify({ code: '123456' }), one.status()]
  expect(await Promise.all(answers)).toEqual([INVALID, INVALID, INVALID, INVALID])
  expect(console.error).toHaveBeenCalledTimes(4)
})

it('a scene whose widget is null is a refusal', async () => {
  expect(await clientOf({ ...SCENE, siteverify: null }).scene()).toEqual(INVALID)
})

it('a scene with an object in place of a list is a refusal', async () => {
  for (const wrong of [{ captcha: {} }, { countries: { 0: 'CN' } }])
    expect(await clientOf({ ...SCENE, ...wrong }).scene()).toMatchObject({ ok: false, reason: 'invalid' })
})
