import { Agent, createServer, request } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export type Target = { url: string; opsUrl: string }

const LOOK_EVERY_MS = 100

/**
 * What stands in front of several API processes: requests in turn to those that say they are ready, over
 * kept sockets, and none is tried a second time. What it cannot pass on it answers with 502.
 *
 * @param targets looked at anew for every request, so that a process can be replaced
 */
export async function openBalancer(targets: readonly Target[]) {
  const agent = new Agent({ keepAlive: true })
  const ready = new Set<string>()
  const closed = new AbortController()
  let turn = 0

  async function look(): Promise<void> {
    await Promise.all(
      targets.map(async ({ url, opsUrl }) => {
        const ok = await fetch(`${opsUrl}/readyz`).then(
          (answer) => answer.ok,
          () => false,
        )
        if (ok) ready.add(url)
        else ready.delete(url)
      }),
    )
  }
  async function watch(): Promise<void> {
    while (!closed.signal.aborted) {
      await look()
      await sleep(LOOK_EVERY_MS)
    }
  }
  await look()
  const watching = watch()

  const server = createServer((incoming, outgoing) => {
    const takers = targets.filter(({ url }) => ready.has(url))
    const taker = takers[++turn % takers.length]
    const refuse = () => void outgoing.writeHead(502, { 'content-type': 'application/json' }).end('{}')
    if (taker === undefined) {
      refuse()
      return
    }
    const { method, headers } = incoming
    const passed = request(`${taker.url}${incoming.url}`, { agent, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', refuse)
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    /** The addresses that requests go to at present. */
    ready: () => [...ready].toSorted(),
    async close(): Promise<void> {
      closed.abort()
      await watching
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}
