import { describe, expect, onTestFinished, test } from 'vitest'
import { windowAround } from '../../src/tencent/look-up.ts'
import { createTencentGateway } from '../../src/tencent/gateway.ts'
import { createTransport } from '../../src/transport.ts'
import type { Transport } from '../../src/transport.ts'
import fixture from '../fixtures/tencent.json' with { type: 'json' }
import { lookUpContract, since } from '../look-up-contract.ts'
import { message } from '../message.ts'
import { answer, serve } from '../servers.ts'

const [sample] = fixture.answers.sendRecords.body.Response.SendRecordSet
const began = Math.floor(since.getTime() / 1000)
const taken = (apart = 0, changes: object = {}) => ({ ...sample, SendTime: began + apart, ...changes })
const refused = (apart = 0) => taken(apart, { SendStatus: 1, SerialNo: '', RequestCode: 'FailedOperation.X' })
const records = (...list: unknown[]) =>
  JSON.stringify({ Response: { SendRecordSet: list, TotalCount: list.length, RequestId: 'R' } })

function create(baseUrl: string, transport: Transport) {
  return createTencentGateway({
    base_url: baseUrl,
    TENCENT_SECRET_ID: 'AKIDExample0000000000000000000000000',
    TENCENT_SECRET_KEY: 'ExampleSecretKey0000000000000000',
    name: 'tencent',
    app: '1400006666',
    region: 'ap-guangzhou',
    wordingOf: () => ({}),
    transport,
  })
}

lookUpContract('tencent', {
  create,
  taken: records(taken()),
  unknown: [
    ['no record', records()],
    ['records that are none', records(null)],
    ['a record that says nothing', records({})],
    ['a status nobody knows', records(taken(0, { SendStatus: 9 }))],
    ['a status that is no number', records(taken(0, { SendStatus: '3' }))],
    ['a list that is none', JSON.stringify({ Response: { SendRecordSet: taken() } })],
    ['no list', JSON.stringify({ Response: { RequestId: 'R' } })],
    ['an error', JSON.stringify(fixture.answers.authFailure.body)],
    [
      'an error together with a record',
      JSON.stringify({ Response: { Error: { Code: 'X' }, SendRecordSet: [taken()] } }),
    ],
  ],
  echo: (text) => records(taken(0, { SerialNo: text, PhoneNumber: text, Content: text, RequestCode: text })),
})

async function lookUp(...list: unknown[]) {
  const server = await serve(answer(200, records(...list)))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const found = await create(server.url, transport).lookUp(message, since, new AbortController().signal)
  const [head = '', payload = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  return { found, head, payload }
}

test('the query asks for the number and the time, and contains the number in its body only', async () => {
  const { head, payload } = await lookUp()
  expect(head).toMatch(/^POST \/ HTTP/)
  expect(head).toMatch(/^x-tc-action: DescribeSendRecordList$/m)
  expect(head).not.toContain(message.mobile)
  expect(JSON.parse(payload)).toEqual({
    PhoneNumber: message.mobile,
    SmsSdkAppId: '1400006666',
    BeginTime: began - 30,
    Limit: 50,
    Offset: 0,
  })
})

describe('one record in the window', () => {
  test.each([2, 3, 4])('means taken with SendStatus %i', async (SendStatus) => {
    const { found } = await lookUp(taken(1, { SendStatus }))
    expect(found).toEqual({ found: 'taken', messageId: sample?.SerialNo })
  })

  test('means refused if it is a refusal', async () => {
    expect((await lookUp(refused())).found).toEqual({ found: 'refused' })
    expect((await lookUp(refused(30))).found).toEqual({ found: 'refused' })
  })

  test('leaves the message unknown if it is a refusal from before the send', async () => {
    expect((await lookUp(refused(-1))).found).toEqual({ found: 'unknown' })
  })

  test('means taken without a time, but a refusal without a time leaves the message unknown', async () => {
    expect((await lookUp({ ...refused(), SendTime: null })).found).toEqual({ found: 'unknown' })
    expect((await lookUp({ ...taken(), SendTime: null })).found).toMatchObject({ found: 'taken' })
  })

  test('is ignored if its time is in milliseconds or long ago', async () => {
    expect((await lookUp({ ...taken(), SendTime: since.getTime() })).found).toEqual({ found: 'unknown' })
    expect((await lookUp({ ...taken(), SendTime: 0 })).found).toEqual({ found: 'unknown' })
  })
})

describe('several records', () => {
  test('are ignored outside the window', async () => {
    expect((await lookUp(taken(31), taken(-31))).found).toEqual({ found: 'unknown' })
    expect((await lookUp(taken(31), refused(2), taken(-31))).found).toEqual({ found: 'refused' })
    const { found } = await lookUp(refused(31), taken(-30), refused(-31))
    expect(found).toEqual({ found: 'taken', messageId: sample?.SerialNo })
  })

  test('mean taken, without an id, if one of them was taken', async () => {
    expect((await lookUp(taken(3), taken(1))).found).toEqual({ found: 'taken' })
    expect((await lookUp(refused(3), taken(1))).found).toEqual({ found: 'taken' })
  })

  test('leave the message unknown if all of them are refusals', async () => {
    expect((await lookUp(refused(3), refused(1))).found).toEqual({ found: 'unknown' })
    expect((await lookUp(refused(1), refused(-1))).found).toEqual({ found: 'unknown' })
    expect((await lookUp(refused(1), null)).found).toEqual({ found: 'unknown' })
  })
})

test('the window begins and ends at whole seconds', () => {
  expect(windowAround(new Date(1999))).toEqual({ first: -29, since: 1, last: 31 })
})
