import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }
import { snsRequest, type SnsSend } from '../../requests/sns.ts'
import { startSimulator, type Simulator } from '../../running-simulator.ts'

const MINUTE_MS = 60_000

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const elementOf = (body: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]

async function refusalOf(send: SnsSend, at = simulator): Promise<unknown[]> {
  const answer = await at.request(snsRequest(send))
  expect(answer.headers['content-type']).toBe('text/xml')
  return [answer.status, elementOf(answer.body, 'Code')]
}

test('the known example is accepted at the time of its timestamp', async () => {
  const { input, expect: wanted } = vectors['aws-sns-publish']
  const other = await startSimulator({ AWS_ACCESS_KEY_ID: input.ak, AWS_SECRET_ACCESS_KEY: input.sk })
  await other.advance(Date.parse('2026-01-01T19:04:05Z') - Date.now())
  const headers = { ...input.headers, Authorization: wanted.authorization }
  const answer = await other.request({ path: input.path, headers, body: input.body })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/xml'])
  expect(answer.body).toMatch(
    /^<PublishResponse xmlns="[^"]+"><PublishResult><MessageId>[\da-f-]{36}<\/MessageId><\/PublishResult>.*<\/PublishResponse>$/,
  )
  expect(await other.outbox('13800138000')).toMatchObject([
    { id: elementOf(answer.body, 'MessageId'), code: '123456', gateway: 'sns', text: 'code 123456' },
  ])
  await other.close()
})

test('the outbox lists the number, the sender and the text, and no id of the caller', async () => {
  const attributes = { 'AWS.SNS.SMS.SMSType': 'Transactional', 'AWS.SNS.SMS.SenderID': 'Demo' }
  await simulator.request(snsRequest({ fields: { PhoneNumber: '+6581234567' }, attributes }))
  await simulator.request(snsRequest({ fields: { PhoneNumber: '+12025550123' }, attributes }))
  expect(await simulator.outbox()).toMatchObject([
    { number: '+6581234567', country: 'SG', sender: 'Demo', minutes: 5, template: null, echo: null },
    { number: '+12025550123', country: 'US', sender: null },
  ])
})

describe('the caller', () => {
  test.each<[string, SnsSend, number, string]>([
    ['no signature', { authorization: '' }, 403, 'MissingAuthenticationToken'],
    ['a signature of another scheme', { authorization: 'Basic eDp5' }, 400, 'IncompleteSignature'],
    ['an unknown key', { key: 'AKIAUNKNOWN' }, 403, 'InvalidClientTokenId'],
    ['a wrong secret', { secret: 'another' }, 403, 'SignatureDoesNotMatch'],
    ['another region', { region: 'eu-west-1' }, 403, 'SignatureDoesNotMatch'],
    ['another service', { service: 'sqs' }, 403, 'SignatureDoesNotMatch'],
    ['an unsigned host', { signed: ['content-type', 'x-amz-date'] }, 403, 'SignatureDoesNotMatch'],
    ['a date that is 16 minutes old', { at: Date.now() - 16 * MINUTE_MS }, 400, 'RequestExpired'],
    ['a date that is 16 minutes ahead', { at: Date.now() + 16 * MINUTE_MS }, 400, 'RequestExpired'],
    ['a session token for a permanent key', { token: 'token' }, 403, 'InvalidClientTokenId'],
  ])('with %s is refused', async (_name, send, status, code) => {
    expect(await refusalOf(send)).toEqual([status, code])
    expect(await simulator.outbox()).toEqual([])
  })
})

describe('a temporary key', () => {
  let sts: Simulator
  beforeAll(async () => {
    sts = await startSimulator({ AWS_SESSION_TOKEN: 'token' })
  })
  afterAll(() => sts.close())

  test('sends with its signed session token', async () => {
    expect((await sts.request(snsRequest({ token: 'token' }))).status).toBe(200)
  })

  test.each<[string, SnsSend, string]>([
    ['no token', {}, 'InvalidClientTokenId'],
    ['another token', { token: 'another' }, 'InvalidClientTokenId'],
    ['a token that is not signed', { token: 'token', signsToken: false }, 'SignatureDoesNotMatch'],
  ])('with %s is refused', async (_name, send, code) => {
    expect(await refusalOf(send, sts)).toEqual([403, code])
  })
})

describe('the message', () => {
  test.each<[string, SnsSend, string]>([
    ['another action', { fields: { Action: 'Subscribe' } }, 'InvalidAction'],
    ['another version', { fields: { Version: '2012-11-05' } }, 'InvalidAction'],
    ['no number', { fields: { PhoneNumber: undefined } }, 'InvalidParameter'],
    ['a number without its plus', { fields: { PhoneNumber: '8613800138000' } }, 'InvalidParameter'],
    ['no text', { fields: { Message: '' } }, 'InvalidParameter'],
    ['a text of 1601 characters', { fields: { Message: 'x'.repeat(1601) } }, 'InvalidParameter'],
    ['an unknown type', { attributes: { 'AWS.SNS.SMS.SMSType': 'Urgent' } }, 'ParameterValueInvalid'],
    ['an unknown sender', { attributes: { 'AWS.SNS.SMS.SenderID': 'Example' } }, 'ParameterValueInvalid'],
    [
      'an attribute without a type',
      { attributes: {}, fields: { 'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType' } },
      'ParameterValueInvalid',
    ],
  ])('with %s is refused', async (_name, send, code) => {
    expect(await refusalOf(send)).toEqual([400, code])
    expect(await simulator.outbox()).toEqual([])
  })

  test('with an invalid number is refused with a text that names the number', async () => {
    const answer = await simulator.request(snsRequest({ fields: { PhoneNumber: '+1' } }))
    expect(elementOf(answer.body, 'Message')).toMatch(/PhoneNumber/)
  })

  test('is sent twice when the call is repeated', async () => {
    const request = snsRequest()
    await simulator.request(request)
    await simulator.request(request)
    expect(await simulator.outbox()).toHaveLength(2)
  })
})
