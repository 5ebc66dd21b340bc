import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createSnsGateway, signSns, type SnsOptions } from '../../src/sns/gateway.ts'
import { createTransport, type Transport } from '../../src/transport.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/sns.json' with { type: 'json' }
import { message } from '../message.ts'
import { sendOnce, type Sending } from '../send-once.ts'

const { input, expect: vector } = fixture.vector
const { success, failure } = fixture.answers
const account = { region: input.region, AWS_ACCESS_KEY_ID: input.ak, AWS_SECRET_ACCESS_KEY: input.sk }
const at = new Date('2026-01-01T19:04:05Z')
const MESSAGE_ID = '567910cd-659e-55d4-8ccb-5aaf14679dc0'

const create =
  (options: Partial<SnsOptions> = {}) =>
  (baseUrl: string, transport: Transport) =>
    createSnsGateway({
      name: 'sns',
      base_url: baseUrl,
      transport,
      ...account,
      wordingOf: ({ country }) => (country === 'HK' ? { sender: 'Demo' } : {}),
      now: () => at,
      ...options,
    })

const refusal = (code: string, text = 'no') =>
  failure.text.replace('InvalidParameter', code).replace(/(<Message>)[^<]*/, `$1${text}`)

gatewayContract('sns', {
  create: create(),
  accepted: { status: 200, body: success.text, messageId: MESSAGE_ID },
  refusals: [
    { status: 400, body: failure.text, class: 'number', code: 'InvalidParameter' },
    { status: 400, body: refusal('OptedOut'), class: 'number', code: 'OptedOut' },
    { status: 400, body: refusal('Throttling'), class: 'retry_same', code: 'Throttling' },
    { status: 403, body: refusal('SignatureDoesNotMatch'), class: 'config', code: 'SignatureDoesNotMatch' },
    { status: 500, body: refusal('InternalError'), class: 'ambiguous', code: 'InternalError' },
  ],
  echo: (text) =>
    `<PublishResponse><MessageId>${text}</MessageId><Code>${text}</Code><Message>${text}</Message></PublishResponse>`,
})

async function send(sending: Partial<Sending> = {}, options: Partial<SnsOptions> = {}) {
  const sent = await sendOnce({ create: create(options), reply: success.text, ...sending })
  return { ...sent, form: Object.fromEntries(new URLSearchParams(sent.body)) }
}

/** Signature Version 4 by its published rule. @param names the signed headers */
function sigV4(received: ReadonlyMap<string, string>, path: string, body: string, names: string[]) {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const lines = names.map((name) => `${name}:${received.get(name)}\n`).join('')
  const request = `POST\n${path}\n\n${lines}\n${names.join(';')}\n${sha256(body)}`
  const scope = '20260101/us-east-1/sns/aws4_request'
  const text = `AWS4-HMAC-SHA256\n20260101T190405Z\n${scope}\n${sha256(request)}`
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${input.sk}`)
  const signature = hmac(key, text).toString('hex')
  return `AWS4-HMAC-SHA256 Credential=${input.ak}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
}

describe('a request to SNS', () => {
  test('has the signature of the vector', () => {
    const headers = signSns(account, 'https://sns.us-east-1.amazonaws.com/', input.body, at)
    expect(headers).toEqual({ ...input.headers, Authorization: vector.authorization })
  })

  test.each(['', '/relay'])('has a signature over what was sent, also with the prefix %j', async (prefix) => {
    const { received, body, start } = await send({ prefix })
    expect(start).toBe(`POST ${prefix}/ HTTP/1.1`)
    const names = ['content-type', 'host', 'x-amz-date']
    expect(received.get('authorization')).toBe(sigV4(received, `${prefix}/`, body, names))
    expect(received.has('x-amz-security-token')).toBe(false)
  })

  test('with temporary credentials has a session token and signs it', async () => {
    const { received, body } = await send({}, { AWS_SESSION_TOKEN: 'a token+of/tests=' })
    expect(received.get('x-amz-security-token')).toBe('a token+of/tests=')
    const names = ['content-type', 'host', 'x-amz-date', 'x-amz-security-token']
    expect(received.get('authorization')).toBe(sigV4(received, '/', body, names))
  })

  test('has the number, the text and the type of a message that must not be late', async () => {
    expect((await send()).form).toEqual({
      Action: 'Publish',
      Version: '2010-03-31',
      PhoneNumber: '+8613900139000',
      Message: message.text,
      'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
    })
  })

  test('has the sender of the country, if there is one', async () => {
    const { form } = await send({ changed: { mobile: '+85290000000', country: 'HK' } })
    expect(form).toMatchObject({
      PhoneNumber: '+85290000000',
      'MessageAttributes.entry.2.Name': 'AWS.SNS.SMS.SenderID',
      'MessageAttributes.entry.2.Value.DataType': 'String',
      'MessageAttributes.entry.2.Value.StringValue': 'Demo',
    })
  })

  test('with an invalid address fails when the gateway is created', () => {
    expect(() => create()('sns.example', createTransport())).toThrow('Invalid URL')
  })
})

describe('an answer of SNS', () => {
  test('about an invalid parameter is about the number only if it names the number', async () => {
    for (const text of ['Invalid parameter: Message too long', 'Invalid parameter: sender', ''])
      expect((await send({ status: 400, reply: refusal('InvalidParameter', text) })).outcome).toEqual({
        class: 'config',
        code: 'InvalidParameter',
      })
    const reply = refusal(
      'InvalidParameter',
      'Invalid parameter: PhoneNumber Reason: +85290000000 is not valid',
    )
    expect((await send({ status: 400, reply })).outcome.class).toBe('number')
  })

  test('with an unlisted code is classified by its status', async () => {
    const outcome = async (status: number, code: string) =>
      (await send({ status, reply: refusal(code), headers: { 'retry-after': '2' } })).outcome
    expect(await outcome(400, 'KMSDisabled')).toEqual({ class: 'config', code: 'KMSDisabled' })
    expect(await outcome(503, 'ServiceUnavailable')).toEqual({
      class: 'ambiguous',
      code: 'ServiceUnavailable',
    })
    expect(await outcome(429, 'TooMany')).toEqual({
      class: 'retry_same',
      code: 'TooMany',
      retryAfterMs: 2000,
    })
    expect(await outcome(400, 'sent to 13900139000')).toEqual({ class: 'config', code: 'HTTP_400' })
  })

  test.each([
    ['was cut off', success.text.slice(0, -1)],
    ['was cut off after the id', success.text.replace(/<\/MessageId>.*/, '</MessageId>')],
    ['has no id', success.text.replace(/<MessageId>.*<\/MessageId>/, '')],
    ['has an empty id', success.text.replace(MESSAGE_ID, '')],
    ['is about an error', failure.text],
  ])('with HTTP 200 that %s is ambiguous', async (_what, reply) => {
    expect((await send({ reply })).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
  })

  test('that accepts is accepted even if its id contains the code or the number', async () => {
    for (const digits of ['739146', '3900139000']) {
      const id = digits + MESSAGE_ID.slice(digits.length)
      const { outcome } = await send({ reply: success.text.replace(MESSAGE_ID, id) })
      expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_200' })
    }
  })

  test('may begin with an XML declaration and contain line breaks', async () => {
    const reply = `<?xml version="1.0"?>\n${success.text.replaceAll('><', '>\n  <')}\n`
    const { outcome } = await send({ reply })
    expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_200', messageId: MESSAGE_ID })
  })
})
