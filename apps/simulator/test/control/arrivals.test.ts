import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createArrivals, createSequence } from '../../src/control/arrivals.ts'
import { vonageRequest } from '../requests/vonage.ts'
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

  test.each(['13800138000', '+8613800138000', '%2B8613800138000'])(
    'finds a number in China by %s',
    async (to) => {
      await simulator.send({ to: '13800138000' })
      expect(await simulator.outbox(to)).toMatchObject([
        { to: '13800138000', number: '+8613800138000', country: 'CN' },
      ])
    },
  )

  test.each(['+85290000000', '%2B85290000000'])('finds a number of another country by %s', async (to) => {
    await simulator.request(vonageRequest({ fields: { to: '85290000000' } }))
    expect(await simulator.outbox(to)).toMatchObject([
      { to: '+85290000000', number: '+85290000000', country: 'HK' },
    ])
    expect(await simulator.outbox('85290000000')).toEqual([])
  })

  test('names no country for a number that no country has', async () => {
    await simulator.request(vonageRequest({ fields: { to: '999123456789' } }))
    expect(await simulator.outbox('+999123456789')).toMatchObject([{ country: null }])
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
