import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createAliyunGateway } from '../../src/aliyun/gateway.ts'
import { daysToAsk } from '../../src/aliyun/look-up.ts'
import { createTransport } from '../../src/transport.ts'
import type { Transport } from '../../src/transport.ts'
import fixture from '../fixtures/aliyun.json' with { type: 'json' }
import { lookUpContract, message, since } from '../look-up-contract.ts'
import { http, serve } from '../servers.ts'

const details = fixture.answers.queryDetails.body
const [sample] = details.SmsSendDetailDTOs.SmsSendDetailDTO
const record = (changes: object = {}) => ({ ...sample, OutId: message.id, ...changes })
const records = (...list: unknown[]) =>
  JSON.stringify({ ...details, SmsSendDetailDTOs: { SmsSendDetailDTO: list } })
const none = records()

function create(baseUrl: string, transport: Transport, signature: 'rpc' | 'v3' = 'rpc') {
  return createAliyunGateway({
    baseUrl,
    accessKeyId: 'testId',
    accessKeySecret: 'testSecret',
    signName: 'Shop',
    templateOf: () => 'SMS_1',
    signature,
    transport,
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
    [
      'an id that only looks alike',
      records(record({ OutId: `${message.id} ` }), record({ OutId: [message.id] })),
    ],
    ['records that are none', records(null, 7, message.id, [message.id])],
    [
      'a list that is none',
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

async function lookUp(bodies: string[], at = since, signature?: 'rpc' | 'v3') {
  const server = await serve((socket) => socket.write(http(200, bodies[server.requests.length - 1] ?? none)))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const found = await create(server.url, transport, signature).lookUp(
    message,
    at,
    new AbortController().signal,
  )
  const asked = server.requests.map((request) => {
    const [head = '', form = ''] = request.split('\r\n\r\n')
    return { head, params: Object.fromEntries(new URLSearchParams(form)) }
  })
  return { found, asked, days: asked.map(({ params }) => params['SendDate']) }
}

describe('the question', () => {
  test('is for the number and the day, and holds the number in its body only', async () => {
    const { asked } = await lookUp([none])
    expect(asked).toHaveLength(1)
    expect(asked[0]?.params).toMatchObject({
      Action: 'QuerySendDetails',
      Version: '2017-05-25',
      PhoneNumber: message.mobile,
      SendDate: '20260102',
      PageSize: '50',
      CurrentPage: '1',
    })
    expect(asked[0]?.head).toMatch(/^POST \/ HTTP/)
    expect(asked[0]?.head).not.toContain(message.mobile)
  })

  test('is signed as sends are', async () => {
    const { asked, found } = await lookUp([records(record())], since, 'v3')
    expect(asked[0]?.head).toMatch(
      /^POST \/\?CurrentPage=1&PageSize=50&PhoneNumber=13900139000&SendDate=20260102 /,
    )
    expect(asked[0]?.head).toMatch(/^x-acs-action: QuerySendDetails$/m)
    expect(found).toEqual({ found: 'taken' })
  })

  test('never holds the code', async () => {
    for (const signature of ['rpc', 'v3'] as const) {
      expect(JSON.stringify(await lookUp([none], since, signature))).not.toContain(message.code)
    }
  })
})

describe('the record', () => {
  test.each([1, 2, 3, '3', 9, undefined])(
    'whatever became of it, it was taken: SendStatus %j',
    async (SendStatus) => {
      expect((await lookUp([records(sample, record({ SendStatus }))])).found).toEqual({ found: 'taken' })
    },
  )

  test('lends its id where it has one', async () => {
    const body = records(record({ BizId: '900619746936498440^0' }))
    expect((await lookUp([body])).found).toEqual({ found: 'taken', messageId: '900619746936498440^0' })
  })
})

describe('around midnight in China', () => {
  test('a message dated by the next day is found there', async () => {
    const at = new Date('2026-01-01T15:59:59Z')
    const { found, days } = await lookUp([none, records(record())], at)
    expect(found).toEqual({ found: 'taken' })
    expect(days).toEqual(['20260101', '20260102'])
  })

  test('a message dated by the day before, on a clock that is late, is found there', async () => {
    const { found, days } = await lookUp([none, records(record())], new Date('2026-01-01T16:00:01Z'))
    expect(found).toEqual({ found: 'taken' })
    expect(days).toEqual(['20260102', '20260101'])
  })

  test('the first day that knows it is enough', async () => {
    const { days } = await lookUp([records(record())], new Date('2026-01-01T15:59:59Z'))
    expect(days).toEqual(['20260101'])
  })

  test('a day that cannot be read does not hide the other', async () => {
    const { found } = await lookUp(['<html>', records(record())], new Date('2026-01-01T15:59:59Z'))
    expect(found).toEqual({ found: 'taken' })
  })

  test.each(['UTC', 'Asia/Shanghai', 'America/New_York', 'Pacific/Kiritimati'])(
    'the days are those of China when the process is in %s',
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
