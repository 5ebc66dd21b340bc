import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createAliyunGateway } from '../../src/aliyun/gateway.ts'
import { daysToAsk } from '../../src/aliyun/look-up.ts'
import { createTransport } from '../../src/transport.ts'
import type { Transport } from '../../src/transport.ts'
import fixture from '../fixtures/aliyun.json' with { type: 'json' }
import { lookUpContract, since } from '../look-up-contract.ts'
import { foreignMessage, message } from '../message.ts'
import { http, serve } from '../servers.ts'

const details = fixture.answers.queryDetails.body
const [sample] = details.SmsSendDetailDTOs.SmsSendDetailDTO
const record = (changes: object = {}) => ({ ...sample, OutId: message.id, ...changes })
const records = (...list: unknown[]) =>
  JSON.stringify({ ...details, SmsSendDetailDTOs: { SmsSendDetailDTO: list } })
const none = records()

function create(baseUrl: string, transport: Transport) {
  return createAliyunGateway({
    base_url: baseUrl,
    ALIYUN_ACCESS_KEY_ID: 'testId',
    ALIYUN_ACCESS_KEY_SECRET: 'testSecret',
    name: 'aliyun',
    wordingOf: () => ({}),
    transport,
    // A random nonce may have the digits of the code by chance.
    nonce: () => '0f8fad5bd9cb469fa16570867728950e',
  })
}

lookUpContract('aliyun', {
  create,
  taken: records(record()),
  unknown: [
    ['no record', none],
    [
      'records of other messages',
      records(sample, record({ OutId: 'another' }), record({ OutId: undefined })),
    ],
    ['a similar id', records(record({ OutId: `${message.id} ` }), record({ OutId: [message.id] }))],
    ['records of another type', records(null, 7, message.id, [message.id])],
    [
      'a list of another type',
      JSON.stringify({ ...details, SmsSendDetailDTOs: { SmsSendDetailDTO: record() } }),
    ],
    ['no list', JSON.stringify({ ...details, SmsSendDetailDTOs: null })],
    ['a refusal', JSON.stringify({ ...JSON.parse(records(record())), Code: 'isv.OUT_OF_SERVICE' })],
  ],
  echo: (text) =>
    JSON.stringify({
      Code: 'OK',
      Message: text,
      SmsSendDetailDTOs: {
        SmsSendDetailDTO: [record({ BizId: text, Content: text, ErrCode: text, PhoneNum: text })],
      },
    }),
})

async function lookUp(bodies: string[], at = since, sent = message) {
  const server = await serve((socket) => socket.write(http(200, bodies[server.requests.length - 1] ?? none)))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const found = await create(server.url, transport).lookUp(sent, at, new AbortController().signal)
  const asked = server.requests.map((request) => {
    const [head = '', form = ''] = request.split('\r\n\r\n')
    return { head, params: Object.fromEntries(new URLSearchParams(form)) }
  })
  return { found, asked, days: asked.map(({ params }) => params['SendDate']) }
}

describe('the query', () => {
  test('asks for the number and the day, and contains the number in its body only', async () => {
    const { asked } = await lookUp([none])
    expect(asked).toHaveLength(1)
    expect(asked[0]?.params).toMatchObject({
      Action: 'QuerySendDetails',
      Version: '2017-05-25',
      PhoneNumber: '13900139000',
      SendDate: '20260102',
      PageSize: '50',
      CurrentPage: '1',
    })
    expect(asked[0]?.head).toMatch(/^POST \/ HTTP/)
    expect(asked[0]?.head).not.toContain('13900139000')
  })

  test('about a foreign number has its country calling code without plus', async () => {
    const { asked } = await lookUp([none], since, foreignMessage)
    expect(asked[0]?.params).toMatchObject({ PhoneNumber: '85261234567' })
  })

  test('never contains the code', async () => {
    expect(JSON.stringify(await lookUp([none]))).not.toContain(message.code)
  })
})

describe('a record with our id', () => {
  test.each([1, 2, 3, '3', 9, undefined])('means taken with every SendStatus: %j', async (SendStatus) => {
    expect((await lookUp([records(sample, record({ SendStatus }))])).found).toEqual({ found: 'taken' })
  })

  test('provides its id if it has one', async () => {
    const body = records(record({ BizId: '900619746936498440^0' }))
    expect((await lookUp([body])).found).toEqual({ found: 'taken', messageId: '900619746936498440^0' })
  })
})

describe('around midnight in China', () => {
  test('a message that is dated by the next day is found', async () => {
    const at = new Date('2026-01-01T15:59:59Z')
    const { found, days } = await lookUp([none, records(record())], at)
    expect(found).toEqual({ found: 'taken' })
    expect(days).toEqual(['20260101', '20260102'])
  })

  test('a message that is dated by the previous day, because the clock is slow, is found', async () => {
    const { found, days } = await lookUp([none, records(record())], new Date('2026-01-01T16:00:01Z'))
    expect(found).toEqual({ found: 'taken' })
    expect(days).toEqual(['20260102', '20260101'])
  })

  test('the search ends with the first day that has the message', async () => {
    const { days } = await lookUp([records(record())], new Date('2026-01-01T15:59:59Z'))
    expect(days).toEqual(['20260101'])
  })

  test('an unreadable answer for one day does not hide the other day', async () => {
    const { found } = await lookUp(['<html>', records(record())], new Date('2026-01-01T15:59:59Z'))
    expect(found).toEqual({ found: 'taken' })
  })

  test.each(['UTC', 'Asia/Shanghai', 'America/New_York', 'Pacific/Kiritimati'])(
    'the days are those of China if the process runs in %s',
    (zone) => {
      vi.stubEnv('TZ', zone)
      onTestFinished(() => void vi.unstubAllEnvs())
      expect(daysToAsk(new Date('2026-02-28T15:44:59Z'))).toEqual(['20260228'])
      expect(daysToAsk(new Date('2026-02-28T15:45:00Z'))).toEqual(['20260228', '20260301'])
      expect(daysToAsk(new Date('2026-02-28T16:14:59Z'))).toEqual(['20260301', '20260228'])
      expect(daysToAsk(new Date('2026-02-28T16:15:00Z'))).toEqual(['20260301'])
    },
  )
})
