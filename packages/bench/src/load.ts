import { performance } from 'node:perf_hooks'
import type { Answer } from './answer.ts'
import type { Connection } from './connection.ts'

export type LoadOptions = {
  connections: readonly Connection[]
  /** Each is sent once. The round ends early when all are sent; its figures stay valid. */
  requests: readonly string[]
  seconds: number
  accepts: (answer: Answer) => boolean
}
export type Load = Awaited<ReturnType<typeof runLoad>>

const STUCK_AFTER_MS = 10_000

/**
 * Sends requests on every connection, one after the other, until the time is up, and checks every answer. It
 * returns when every request is answered.
 * @throws Error when a connection breaks or an answer does not arrive
 */
export async function runLoad({ connections, requests, seconds, accepts }: LoadOptions) {
  const latenciesMs: number[] = []
  let next = 0
  let unexpected = 0
  let firstUnexpected: string | null = null
  const start = performance.now()
  const until = start + seconds * 1000

  async function drive(connection: Connection): Promise<void> {
    for (let sentAt = start; ;) {
      const request = requests[next]
      if (request === undefined || sentAt >= until) return
      next += 1
      const answer = await connection.ask(request)
      const now = performance.now()
      if (accepts(answer)) latenciesMs.push(now - sentAt)
      else {
        unexpected += 1
        firstUnexpected ??= `${answer.status} ${answer.body.toString('utf8', 0, 200)}`
      }
      sentAt = now
    }
  }

  const watchdog = setTimeout(
    () => {
      for (const connection of connections) connection.close(new Error('an answer did not arrive in time'))
    },
    seconds * 1000 + STUCK_AFTER_MS,
  )
  try {
    await Promise.all(connections.map(drive))
  } finally {
    clearTimeout(watchdog)
  }
  return {
    successes: latenciesMs.length,
    unexpected,
    firstUnexpected,
    seconds: (performance.now() - start) / 1000,
    latenciesMs: latenciesMs.toSorted((a, b) => a - b),
  }
}
