import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createArrivals, createSequence } from '../../src/control/arrivals.ts'
import { readUntil } from '../read-events.ts'
import { anyNumber, startSimulator, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

describe('the outbox', () => {
  test('lists the messages of one number or of all numbers, newest last', async () => {
    for (const to of ['13800138001', '13800138002', '13800138003']) await simulator.send({ to })
    expect(await simulator.outbox()).toMatchObject([
      { to: '13800138001' },
      { to: '13800138002' },
      { to: '13800138003' },
    ])
    expect(await simulator.outbox('13800138002')).toMatchObject([{ to: '13800138002', at: anyNumber }])
    expect(await simulator.outbox('13800138009')).toEqual([])
  })

  test('drops the oldest message when it is full', () => {
    const outbox = createArrivals<{ to: string; code: string }>({ capacity: 2, sequence: createSequence() })
    outbox.record({ to: 'a', code: '1' })
    outbox.record({ to: 'b', code: '2' })
    outbox.record({ to: 'a', code: '3' })
    expect(outbox.list().map(({ code }) => code)).toEqual(['2', '3'])
    expect(outbox.list('a').map(({ code }) => code)).toEqual(['3'])
  })
})

test('the mailbox ignores the case of an address', () => {
  const mailbox = createArrivals<{ to: string }>({ capacity: 2, sequence: createSequence() })
  for (const to of ['A@example.com', 'b@example.com', 'c@example.com']) mailbox.record({ to })
  expect(mailbox.list().map(({ to }) => to)).toEqual(['b@example.com', 'c@example.com'])
  expect(mailbox.list('B@Example.com')).toHaveLength(1)
})

describe('the event stream', () => {
  test('sends a reader the new messages of its number only', async () => {
    const { type, text } = await readUntil(
      `${simulator.url}/_sim/events?to=13800138001`,
      (seen) => seen.includes('111111'),
      async () => {
        await simulator.send({ to: '13800138002', datas: ['222222', '5'] })
        await simulator.send({ to: '13800138001', datas: ['111111', '5'] })
      },
    )
    expect(type).toBe('text/event-stream')
    expect(text).toMatch(/id: \d+\ndata: \{.*"code":"111111"/)
    expect(text).not.toContain('222222')
  })

  test('sends the messages after the last one that the reader saw', async () => {
    await simulator.send({ to: '13800138001', datas: ['111111', '5'] })
    const config = await simulator.get('/config.json')
    expect(config).toMatchObject({ api_url: 'http://127.0.0.1:3000', newest: anyNumber })
    await simulator.send({ to: '13800138002', datas: ['222222', '5'] })
    const newest = JSON.stringify(config).replace(/.*"newest":(\d+).*/, '$1')
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?since=${newest}`,
      (seen) => seen.includes('222222'),
      async () => {},
    )
    expect(text).not.toContain('111111')
  })

  test('leaves out a lost message', async () => {
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?to=13800138001`,
      (seen) => seen.includes('222222'),
      async () => {
        await simulator.script('undelivered')
        await simulator.send({ to: '13800138001', datas: ['111111', '5'] })
        await simulator.advance(30_000)
        await simulator.send({ to: '13800138001', datas: ['222222', '5'] })
      },
    )
    expect(text).not.toContain('111111')
    expect(await simulator.outbox()).toMatchObject([
      { code: '111111', lost: true },
      { code: '222222', lost: false },
    ])
  })
})
