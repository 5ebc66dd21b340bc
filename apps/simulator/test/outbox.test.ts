import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createOutbox } from '../src/control/outbox.ts'
import { createSequence } from '../src/vendors/sequence.ts'
import { readUntil } from './read-events.ts'
import { anyNumber, startSimulator, type Simulator } from './running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

function message(to: string, code: string) {
  return {
    id: code,
    to,
    code,
    minutes: 5,
    text: code,
    gateway: 'ccp',
    template: '1',
    at: 0,
    echo: null,
    landed: 0,
    lost: false,
  }
}

describe('the outbox', () => {
  test('lists the messages of one number or of all, newest last', async () => {
    for (const to of ['13800138001', '13800138002', '13800138003']) await simulator.send({ to })
    expect(await simulator.outbox()).toMatchObject([
      { to: '13800138001' },
      { to: '13800138002' },
      { to: '13800138003' },
    ])
    expect(await simulator.outbox('13800138002')).toMatchObject([{ to: '13800138002', at: anyNumber }])
    expect(await simulator.outbox('13800138009')).toEqual([])
  })

  test('forgets the oldest message when it is full', () => {
    const outbox = createOutbox({ capacity: 2, sequence: createSequence() })
    outbox.record(message('a', '1'))
    outbox.record(message('b', '2'))
    outbox.record(message('a', '3'))
    expect(outbox.list().map(({ code }) => code)).toEqual(['2', '3'])
    expect(outbox.list('a').map(({ code }) => code)).toEqual(['3'])
  })
})

describe('events', () => {
  test('a new message reaches the reader of its number, and no other does', async () => {
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

  test('a reader who names the last message it saw gets what it missed', async () => {
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

  test('a message that is lost on its way reaches no reader', async () => {
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
