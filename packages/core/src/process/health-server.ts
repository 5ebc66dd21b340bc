import { once } from 'node:events'
import type { Registry } from 'prom-client'
import { createHttpServer } from './http-server.ts'
import { reportReady } from './readiness.ts'

type HealthOptions = {
  host: string
  port: number
  registry: Registry
  version: string
  /** Null if the process is ready, else the reason in a few words. */
  notReady: () => Promise<string | null>
  /** What `/readyz` tells of a process that is ready; null for nothing. */
  remark: () => Promise<string | null>
}
type Answer = [status: number, type: string, body: string]

/**
 * Starts the server for operators on a port of its own: `/livez` (the process answers), `/readyz` (the process can
 * take work) and `/metrics`, with the metric `sms_ready`. The answers contain nothing about phones, codes or keys.
 */
export async function startHealthServer(options: HealthOptions) {
  const { host, port, registry, version, notReady, remark } = options
  let draining = false
  const reasonAgainst = async () => (draining ? 'draining' : notReady())
  reportReady(registry, async () => (await reasonAgainst()) === null)
  const answer = async (path: string | undefined): Promise<Answer> => {
    if (path === '/livez') return [200, 'text/plain', 'ok\n']
    if (path === '/metrics') return [200, registry.contentType, await registry.metrics()]
    if (path !== '/readyz') return [404, 'text/plain', 'try /livez, /readyz or /metrics\n']
    const reason = await reasonAgainst()
    const told = reason === null ? await remark() : null
    const state = reason ?? (told === null ? 'ready' : `ready; ${told}`)
    return [reason === null ? 200 : 503, 'text/plain', `${state}\nversion ${version}\n`]
  }
  const server = createHttpServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const path = isRead ? request.url?.split('?')[0] : undefined
    answer(path)
      .catch((): Answer => [503, 'text/plain', 'not ready\n'])
      .then(([status, type, body]) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch(() => response.destroy())
  })
  await once(server.listen(port, host), 'listening')
  const address = server.address()
  return {
    /** The given port, or the free port that the system chose for 0. */
    port: typeof address === 'object' && address !== null ? address.port : port,
    /** Makes `/readyz` answer 503, so that a load balancer stops sending work. */
    drain: () => {
      draining = true
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
export type HealthServer = Awaited<ReturnType<typeof startHealthServer>>
