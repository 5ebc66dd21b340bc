// The examples of docs/http-gateway.md are complete policies. Each is read from the document, has no fault, and sends a
// message to a server that answers as the vendor's public document says.
import { readFileSync } from 'node:fs'
import { readPolicy } from '@sms-codes/core/config/policy'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { describe, expect, it } from 'vitest'
import { PLACEHOLDERS } from '../../src/http/placeholders.ts'
import { httpVendor } from '../../src/http/settings.ts'
import { chooseWording } from '../../src/wording.ts'
import { message, sendBy } from './setup.ts'

const document = readFileSync(new URL('../../../../docs/http-gateway.md', import.meta.url), 'utf8')
const blocks = [...document.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml)

const SECRET = 'example-of-a-secret'
const env = { YUNPIAN_APIKEY: SECRET, INFOBIP_API_KEY: SECRET, PLIVO_AUTH_TOKEN: SECRET, ACME_TOKEN: SECRET }
const secrets = Object.fromEntries(Object.entries(env).map(([name, value]) => [`env:${name}`, value]))
const context = {
  isProduction: true,
  env,
  scenes: [{ name: 'default', lifeSeconds: 300, length: 6 }],
  countries: ['CN'],
  locales: ['zh-CN'],
  callbackToken: undefined,
  publicUrl: undefined,
}

const yamlOf = (gateway: string) => blocks.find((block) => block.includes(`\n  ${gateway}:\n`)) ?? ''

function exampleOf(gateway: string, yaml = yamlOf(gateway)) {
  const { policy, faults } = readPolicy(policyFile(yaml))
  expect(faults).toEqual([])
  const entry = policy?.gateways[gateway] ?? {}
  expect(httpVendor.faults(gateway, entry, {}, context)).toEqual([])
  if (entry.http === undefined) throw new Error(`the document has no example ${gateway}`)
  const { http, messages = [] } = entry
  const wording = chooseWording(messages)(message)
  return (status: number, reply: unknown, changes = {}) =>
    sendBy(http, { secrets, wording, status, reply: JSON.stringify(reply), changes })
}

describe('the example of Yunpian', () => {
  const accepted = {
    code: 0,
    msg: '发送成功',
    count: 1,
    fee: 0.05,
    unit: 'RMB',
    mobile: '13800138000',
    sid: 3310228982,
  }
  const refusal = (code: number) => ({ http_status_code: 400, code, msg: '失败', detail: '13800138000' })

  it('sends a form', async () => {
    const { start, headers, body, outcome } = await exampleOf('yunpian')(200, accepted, {
      mobile: '+8613800138000',
      country: 'CN',
      text: '您的验证码是739146',
    })
    expect(start).toBe('POST /v2/sms/single_send.json HTTP/1.1')
    expect(headers).toMatchObject({ accept: 'application/json;charset=utf-8' })
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      apikey: SECRET,
      mobile: '13800138000',
      text: '【美多商城】您的验证码是739146',
      uid: message.id,
    })
    expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_200', messageId: '3310228982' })
  })

  it.each([
    [10, 'number'],
    [8, 'number_limit'],
    [5, 'template'],
    [-1, 'config'],
    [-5, 'retry_same'],
    [-50, 'ambiguous'],
    [28, 'switch_now'],
  ])('gives the code %i the class %s', async (code, cls) => {
    const { outcome } = await exampleOf('yunpian')(400, refusal(code))
    expect(outcome).toEqual({ class: cls, code: String(code) })
  })
})

describe('the example of Infobip', () => {
  const answer = (groupId: number, groupName: string, name: string) => ({
    bulkId: '1688025180464000013',
    messages: [
      {
        messageId: '1688025180464000014',
        status: { groupId, groupName, id: 26, name, description: 'to 85290000000' },
        destination: '85290000000',
      },
    ],
  })

  it('sends JSON with a key in a header', async () => {
    const { start, headers, body, outcome } = await exampleOf('infobip')(
      200,
      answer(1, 'PENDING', 'PENDING_ACCEPTED'),
    )
    expect(start).toBe('POST /sms/3/messages HTTP/1.1')
    expect(headers).toMatchObject({ authorization: `App ${SECRET}`, accept: 'application/json' })
    expect(JSON.parse(body)).toEqual({
      messages: [
        { sender: 'Meiduo', destinations: [{ to: '85290000000' }], content: { text: message.text } },
      ],
    })
    expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_200', messageId: '1688025180464000014' })
  })

  it.each([
    ['REJECTED_DESTINATION', 'number'],
    ['REJECTED_FLOODING_FILTER', 'number_limit'],
    ['REJECTED_SENDER', 'template'],
    ['REJECTED_NOT_ENOUGH_CREDITS', 'config'],
    ['REJECTED_NETWORK', 'switch_now'],
  ])('gives the status %s the class %s', async (name, cls) => {
    const { outcome } = await exampleOf('infobip')(200, answer(5, 'REJECTED', name))
    expect(outcome).toEqual({ class: cls, code: name })
  })

  it('blames the account for a wrong key', async () => {
    const reply = { requestError: { serviceException: { messageId: 'UNAUTHORIZED', text: 'Invalid login' } } }
    expect((await exampleOf('infobip')(401, reply)).outcome).toEqual({ class: 'config', code: 'HTTP_401' })
  })
})

describe('the example of Plivo', () => {
  const api_id = 'db342550-7f1d-11e1-8ea7-1231380bc196'
  const uuid = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196'

  it('sends JSON with user and password', async () => {
    const reply = { api_id, message: 'message(s) queued', message_uuid: [uuid] }
    const { start, headers, body, outcome } = await exampleOf('plivo')(202, reply)
    expect(start).toBe('POST /v1/Account/MAEXAMPLE00000000000/Message/ HTTP/1.1')
    const credentials = Buffer.from(`MAEXAMPLE00000000000:${SECRET}`).toString('base64')
    expect(headers).toMatchObject({ authorization: `Basic ${credentials}` })
    expect(JSON.parse(body)).toEqual({ src: '15005550006', dst: '85290000000', text: message.text })
    expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_202', messageId: uuid })
  })

  it.each([
    [400, { class: 'switch_now', code: 'HTTP_400' }],
    [401, { class: 'config', code: 'HTTP_401' }],
    [429, { class: 'retry_same', code: 'HTTP_429' }],
    [500, { class: 'ambiguous', code: 'HTTP_500' }],
  ])('gives HTTP %i its class', async (status, outcome) => {
    const { outcome: given } = await exampleOf('plivo')(status, { api_id, error: 'invalid parameter' })
    expect(given).toEqual(outcome)
  })
})

describe('the example of the built-in policy', () => {
  it('sends JSON with a bearer token', async () => {
    const manual = readFileSync(new URL('../../../core/policy.yaml', import.meta.url), 'utf8')
    const [, commented = ''] = /^(# {3}acme:.*?)^gateways:/ms.exec(manual) ?? []
    const send = exampleOf('acme', `gateways:\n${commented.replaceAll(/^# /gm, '')}`)
    const { headers, body, outcome } = await send(200, { result: 0, message: { id: 'a1' } })
    expect(headers).toMatchObject({ authorization: `Bearer ${SECRET}` })
    expect(JSON.parse(body)).toEqual({ to: message.mobile, from: 'Meiduo', text: message.text })
    expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_200', messageId: 'a1' })
    expect((await send(200, { result: 22 })).outcome).toEqual({ class: 'number', code: '22' })
  })
})

describe('the document', () => {
  it('has three examples and explains every placeholder', () => {
    expect(blocks).toHaveLength(3)
    for (const name of PLACEHOLDERS) expect(document).toContain(`\`{${name}}\``)
  })
})
