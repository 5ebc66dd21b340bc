import { Agent, createServer, request } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

type Target = { url: string; opsUrl: string }

const CHECK_EVERY_MS = 100

/**
 * A load balancer for several API processes. It sends requests in turn to the processes that report ready,
 * over kept-alive connections. It never retries: a request that it cannot forward is answered with 502.
 *
 * @param targets read for every request, so that a test can replace a process
 */
export async function openBalancer(targets: readonly Target[]) {
  const agent = new Agent({ keepAlive: true })
  const ready = new Set<string>()
  const closed = new AbortController()
  let turn = 0

  async function check(): Promise<void> {
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
      await check()
      await sleep(CHECK_EVERY_MS)
    }
  }
  await check()
  const watching = watch()

  const server = createServer((incoming, outgoing) => {
    const candidates = targets.filter(({ url }) => ready.has(url))
    const target = candidates[++turn % candidates.length]
    const refuse = () => void outgoing.writeHead(502, { 'content-type': 'application/json' }).end('{}')
    if (target === undefined) {
      refuse()
      return
    }
    const { method, headers } = incoming
    const forwarded = request(`${target.url}${incoming.url}`, { agent, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', refuse)
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    /** The URLs of the processes that currently get requests. */
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
