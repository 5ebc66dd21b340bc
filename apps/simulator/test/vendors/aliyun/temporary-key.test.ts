import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aliyunMessage, aliyunRpc } from '../../requests/aliyun.ts'
import { part, type RawRequest } from '../../requests/request.ts'
import { startSimulator, type Simulator } from '../../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

async function codeOf(request: RawRequest): Promise<unknown> {
  return part(await simulator.request(request), 'Code')
}

describe('a temporary access key', () => {
  const TOKEN = 'CAISexampletoken+/='
  const withToken = (SecurityToken?: string) => aliyunRpc({ params: { ...aliyunMessage(), SecurityToken } })
  let sts: Simulator
  beforeAll(async () => {
    sts = await startSimulator({ ALIYUN_SECURITY_TOKEN: TOKEN, SIMULATOR_VENDOR_LIMITS: 'off' })
  })
  afterAll(() => sts.close())

  test('sends with its token among the signed parameters', async () => {
    expect(part(await sts.request(withToken(TOKEN)), 'Code')).toBe('OK')
  })

  test.each([
    ['no token', () => withToken(), 'MissingSecurityToken'],
    ['another token', () => withToken('another'), 'InvalidSecurityToken.MismatchWithAccessKey'],
    [
      'a token that is not signed',
      () => {
        const request = withToken()
        return { ...request, body: `${request.body}&SecurityToken=${encodeURIComponent(TOKEN)}` }
      },
      'SignatureDoesNotMatch',
    ],
  ])('with %s is refused', async (_name, request, code) => {
    const answer = await sts.request(request())
    expect([answer.status, part(answer, 'Code')]).toEqual([400, code])
  })

  test('a permanent access key is refused with a token', async () => {
    expect(await codeOf(withToken(TOKEN))).toBe('InvalidSecurityToken.MismatchWithAccessKey')
  })
})
