import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADDRESS, mailTo } from '../mail-client.ts'
import { readUntil } from '../read-events.ts'
import { anyNumber, startSimulator, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const mails = () => simulator.get('/_sim/mails')

/** A code as an event contains it. The bare digits may also be part of an id or of a time. */
const codeField = (code: string) => `"code":"${code}"`

describe('the event stream', () => {
  test('sends a reader the new messages of its number only', async () => {
    const { type, text } = await readUntil(
      `${simulator.url}/_sim/events?to=13800138001`,
      (seen) => seen.includes(codeField('111111')),
      async () => {
        await simulator.send({ to: '13800138002', datas: ['222222', '5'] })
        await simulator.send({ to: '13800138001', datas: ['111111', '5'] })
      },
    )
    expect(type).toBe('text/event-stream')
    expect(text).toMatch(/id: \d+\ndata: \{.*"code":"111111"/)
    expect(text).not.toContain(codeField('222222'))
  })

  test('sends the messages after the last one that the reader saw', async () => {
    await simulator.send({ to: '13800138001', datas: ['111111', '5'] })
    const config = await simulator.get('/config.json')
    expect(config).toMatchObject({ api_url: 'http://127.0.0.1:3000', newest: anyNumber })
    await simulator.send({ to: '13800138002', datas: ['222222', '5'] })
    const newest = JSON.stringify(config).replace(/.*"newest":(\d+).*/, '$1')
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?since=${newest}`,
      (seen) => seen.includes(codeField('222222')),
      async () => {},
    )
    expect(text).not.toContain(codeField('111111'))
  })

  test('leaves out a lost message', async () => {
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?to=13800138001`,
      (seen) => seen.includes(codeField('222222')),
      async () => {
        await simulator.script('undelivered')
        await simulator.send({ to: '13800138001', datas: ['111111', '5'] })
        await simulator.advance(30_000)
        await simulator.send({ to: '13800138001', datas: ['222222', '5'] })
      },
    )
    expect(text).not.toContain(codeField('111111'))
    expect(await simulator.outbox()).toMatchObject([
      { code: '111111', lost: true },
      { code: '222222', lost: false },
    ])
  })

  test('sends a mail as an event of type mail to the readers of its address', async () => {
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?to=${ADDRESS}`,
      (seen) => seen.includes(ADDRESS),
      async () => {
        await simulator.send()
        const client = await mailTo(simulator)
        await client.send('other@example.com')
        await client.send()
      },
    )
    expect(text).toMatch(/id: \d+\nevent: mail\ndata: \{.*"code":"482913"/)
    expect(text).not.toMatch(/other@|13800138000/)
  })

  test('numbers messages and mails together, and messages have no event type', async () => {
    await simulator.send({ datas: ['111111', '5'] })
    const client = await mailTo(simulator)
    await client.send()
    const [first] = [await mails()].flat()
    const since = JSON.stringify(first).replace(/.*"seq":(\d+).*/, '$1')
    await client.send('later@example.com')
    await simulator.send({ to: '13900139000', datas: ['222222', '5'] })
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?since=${since}`,
      (seen) => seen.includes(codeField('222222')),
      async () => {},
    )
    expect(text).toMatch(/event: mail\ndata: [^\n]*later@[^\n]*\n\nid: \d+\ndata: [^\n]*222222/)
    expect(text).not.toMatch(/"code":"111111"|li\.lei/)
  })
})
