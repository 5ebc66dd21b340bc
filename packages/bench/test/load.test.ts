import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { startGateway } from '@sms-codes/bench/gateway'
import { runOpenLoop } from '@sms-codes/bench/open-loop'
import { openPool } from '@sms-codes/bench/pool'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

describe('the open loop', () => {
  it('sends by its schedule, without waiting for answers', async () => {
    const due: number[] = []
    const answers: (() => void)[] = []
    const send = async (_item: number, dueAt: number): Promise<void> => {
      due.push(dueAt)
      // The first answer comes only when the last item was sent.
      const answered = new Promise<void>((resolve) => answers.push(resolve))
      if (due.length === 20) for (const answer of answers) answer()
      await answered
    }
    await runOpenLoop({ items: Array.from({ length: 20 }, (_, at) => at), perSecond: 10_000, send })
    expect(due).toEqual(due.toSorted((a, b) => a - b))
    expect(due).toHaveLength(20)
  })
})

describe('the pool of connections', () => {
  it('lets a request wait while every connection is in use', async () => {
    let [open, most] = [0, 0]
    const server = createServer((_request, response) => {
      open += 1
      most = Math.max(most, open)
      setImmediate(() => {
        open -= 1
        response.end('ok')
      })
    })
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    const address = server.address()
    const pool = await openPool(typeof address === 'object' && address !== null ? address.port : 0, 2)
    const asked = Array.from({ length: 20 }, async () => {
      const { body } = await pool.ask('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
      return String(body)
    })
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['ok']))
    expect(most).toBeLessThanOrEqual(2)
    pool.close()
  })
})

describe('the gateway in the process of the benchmark', () => {
  it('gives a message to the user who waits for it, and to one who asks later', async () => {
    const gateway = await startGateway()
    const send = async (to: string) =>
      fetch(gateway.worker.policy.gateways.ccp.base_url, {
        method: 'POST',
        body: JSON.stringify({ to, datas: ['123456', '5'], reqId: 'r1' }),
      })
    const waiting = gateway.received('13000000001')
    const reached = gateway.reached(2)
    await send('13000000001')
    expect(await (await send('13000000002')).json()).toMatchObject({ statusCode: '000000' })
    await reached
    expect(await waiting).toMatchObject({ code: '123456', reqId: 'r1' })
    expect(await gateway.received('13000000002')).toMatchObject({ mobile: '13000000002' })
    expect(gateway.taken()).toBe(2)
    await gateway.close()
  })
})
