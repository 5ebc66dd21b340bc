// CCP is called by configuration alone: a policy file and two variables. The simulator shares no code with the product,
// and accepts the call.
import { createHash, randomBytes } from 'node:crypto'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { createTransport } from '@sms-codes/gateways/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  ACCOUNT,
  APP,
  shanghaiNow,
  startSimulator,
  TOKEN,
  type Simulator,
} from '../../../simulator/test/running-simulator.ts'
import { loadWorkerConfig } from '../../src/config/config.ts'

const transport = createTransport()
let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(async () => {
  transport.close()
  await simulator.close()
})

/** The gateway of a worker's configuration, with the proofs of CCP for the present second as secrets. */
function createGateway(token: string) {
  const file = policyFile(`
gateways:
  ccp-described:
    vendor: http
    messages: [{ template: '1' }]
    http:
      url: ${simulator.url}/2013-12-26/Accounts/${ACCOUNT}/SMS/TemplateSMS?sig={env:CCP_SIG}
      headers: { Accept: application/json }
      auth: { header: { name: Authorization, value: '{env:CCP_AUTHORIZATION}' } }
      json:
        { to: '{national}', appId: ${APP}, templateId: '{template}', datas: ['{code}', '{minutes}'], reqId: '{id}' }
      success: { status: [200], path: statusCode, equals: ['000000'] }
      id: templateSMS.smsMessageSid
      classes: { number: '160042', number_limit: '160038 160040', config: '111109', duplicate: '160054' }
      idempotent: true
`)
  const timestamp = shanghaiNow()
  const { gateways } = loadWorkerConfig({
    PHONE_KEY: randomBytes(32).toString('base64'),
    CODE_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    POLICY_FILE: file,
    CCP_SIG: createHash('md5').update(`${ACCOUNT}${token}${timestamp}`).digest('hex').toUpperCase(),
    CCP_AUTHORIZATION: Buffer.from(`${ACCOUNT}:${timestamp}`).toString('base64'),
  })
  const gateway = gateways[0]?.create({ transport, writeLine: () => undefined, maskMobile: String })
  if (gateway === undefined) throw new Error('the policy has no gateway')
  return gateway
}

const messageTo = (mobile: string, id: string) => ({
  id,
  mobile,
  country: 'CN',
  locale: 'zh-CN',
  code: '739146',
  minutes: 5,
  secondsLeft: 300,
  scene: 'default',
  text: '',
})
const { signal } = new AbortController()

it('a message by the description of CCP is accepted by the simulator, with its code and its minutes', async () => {
  const gateway = createGateway(TOKEN)
  const outcome = await gateway.send(messageTo('+8613800138000', 'a1'), signal)
  expect(outcome).toMatchObject({ class: 'accepted', code: 'HTTP_200' })
  expect(outcome.messageId).toMatch(/^[0-9A-Za-z]{16,}$/)
  expect(await simulator.outbox('13800138000')).toMatchObject([
    { gateway: 'ccp', code: '739146', minutes: 5, echo: 'a1', id: outcome.messageId },
  ])
  expect(gateway.recognises(0, 1)).toBe(true)
})

it('a refusal of the simulator gets the class that the description lists', async () => {
  const gateway = createGateway(TOKEN)
  const send = (id: string) => gateway.send(messageTo('+8613800138001', id), signal)
  expect(await send('b1')).toMatchObject({ class: 'accepted' })
  expect(await send('b1')).toEqual({ class: 'duplicate', code: '160054' })
  expect(await send('b2')).toEqual({ class: 'number_limit', code: '160038' })
  expect(await createGateway('another-token').send(messageTo('+8613800138002', 'c1'), signal)).toEqual({
    class: 'config',
    code: '111109',
  })
})
