import { afterAll, beforeAll, expect, it } from 'vitest'
import { basic, reader, startBoard, type Board } from './board.ts'

let board: Board
beforeAll(async () => {
  board = await startBoard({ writable: true, trustProxy: ['127.0.0.1'] })
})
afterAll(() => board.close())

const metrics = async () => (await board.ask({ url: '/metrics' })).body

it('the board counts logins by result', async () => {
  const before = Number(/sms_board_logins_total\{result="ok",.*\} (\d+)/.exec(await metrics())?.[1])
  await board.app.inject({ url: '/' })
  for (let i = 0; i < 12; i++)
    await board.app.inject({
      url: '/api/queues',
      headers: { authorization: basic(reader.user, 'a wrong password'), 'x-forwarded-for': '192.0.2.7' },
    })
  await board.ask({ url: '/api/queues' })
  const text = await metrics()
  expect(text).toContain(`sms_board_logins_total{result="ok",app="board"} ${before + 2}\n`)
  expect(text).toContain('sms_board_logins_total{result="wrong",app="board"} 10\n')
  expect(text).toContain('sms_board_logins_total{result="throttled",app="board"} 2\n')
})

it('the board counts writes by result', async () => {
  await board.ask({ method: 'PUT', url: '/api/queues/pause' })
  await board.askToWrite({ method: 'PUT', url: '/api/queues/sms/obliterate' })
  await board.askToWrite({ method: 'PUT', url: '/api/queues/sms/pause' })
  await board.askToWrite({ method: 'PUT', url: '/api/queues/sms/no-such-job/retry' })
  const text = await metrics()
  for (const [result, count] of Object.entries({ done: 1, failed: 1, refused: 2 }))
    expect(text).toContain(`sms_board_writes_total{result="${result}",app="board"} ${count}\n`)
})

it('the board times requests by the first part of their route, and writes and unknown paths together; the search is no write', async () => {
  const urls = ['/', '/livez', '/queue/sms', '/api/queues', '/api/queues/sms/metrics', '/no/such/path']
  for (const url of urls) await board.ask({ url })
  await board.app.inject({ method: 'HEAD', url: '/readyz' })
  await board.askToWrite({ method: 'POST', url: '/messages/search' })
  const found = (await metrics()).matchAll(/^sms_http_request_duration_seconds_count\{.*route="(.*?)"/gm)
  const routes = ['/', '/api', '/livez', '/messages', '/metrics', '/queue', 'other', 'write']
  expect(new Set([...found].map(([, route]) => route))).toEqual(new Set(routes))
})
