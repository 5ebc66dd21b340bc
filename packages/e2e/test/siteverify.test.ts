import { afterAll, beforeAll, expect, it } from 'vitest'
import { aMobile, startSystem, type System } from './system.ts'

const HOSTNAME = 'www.shop.example'

let system: System
beforeAll(async () => {
  system = await startSystem({
    workers: 0,
    policyAt: (simulatorUrl) => ({
      scenes: {
        default: {},
        login: { captcha: ['siteverify'] },
        register: { captcha: ['picture', 'proof'] },
      },
      codes: { captcha: ['picture', 'siteverify'] },
      captcha: {
        siteverify: {
          service: 'turnstile',
          url: `${simulatorUrl}/siteverify`,
          hostnames: [HOSTNAME],
          check_action: true,
          deadline: '4s',
        },
      },
    }),
  })
})
afterAll(() => system.stop())

let tokens = 0
const token = (kind: string, action: string, hostname = HOSTNAME) =>
  `${kind}-${++tokens}--hostname-${hostname}--action-${action}`
const send = (scene: string, proof: string) =>
  system.post('/v1/sms_codes', { mobile: aMobile(), scene, proof })

it('a token that the captcha service accepts sends a code, and only once', async () => {
  const proof = token('pass', 'login')
  expect(await send('login', proof)).toMatchObject({ status: 202 })
  expect(await send('login', proof)).toMatchObject({ status: 400, body: { code: '4001' } })
})

it.each([
  ['that the service refuses', token('fail', 'login')],
  ['of a page on another host', token('pass', 'login', 'evil.example')],
  ['for another scene', token('pass', 'register')],
])('a token %s sends nothing', async (_what, proof) => {
  expect(await send('login', proof)).toMatchObject({ status: 400, body: { code: '4001' } })
})

it('a service that answers too late or not at all is a 503, and the same token passes afterwards', async () => {
  const proof = token('pass', 'login')
  for (const fault of ['hang', 'http_500', 'rst']) {
    await system.fault(fault, 1, 0, 'siteverify')
    const answer = await send('login', proof)
    expect(answer).toMatchObject({ status: 503, body: { code: '5000' } })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect(await send('login', proof)).toMatchObject({ status: 202 })
})

it('a scene refuses the kinds that it does not accept', async () => {
  expect(await send('register', token('pass', 'register'))).toMatchObject({ status: 400 })
  const picture = await system.captcha()
  const login = { mobile: aMobile(), scene: 'login', ...picture }
  expect(await system.post('/v1/sms_codes', login)).toMatchObject({ status: 400, body: { code: '5006' } })
  // The picture was not consumed.
  expect((await system.post('/v1/sms_codes', { ...login, scene: 'register' })).status).toBe(202)
})

it('no log contains a token', () => {
  expect(system.logs.filter(({ line }) => line.includes('--hostname-'))).toEqual([])
})
