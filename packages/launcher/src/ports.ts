// Checks whether ports are free by listening on them: only the kernel knows.
import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/** Returns null when the port is free, otherwise the system's error code (EADDRINUSE, EACCES, …). */
export async function portFault(port: number, host = '127.0.0.1'): Promise<string | null> {
  const [fault = null] = await portFaults([port], host)
  return fault
}

/** Checks several ports. All are held until the last is checked, so a port that is listed twice is a fault too. */
export async function portFaults(ports: number[], host = '127.0.0.1'): Promise<(string | null)[]> {
  const opened: (Server | string)[] = []
  for (const port of ports) opened.push(await listen(port, host))
  for (const one of opened) if (typeof one !== 'string') await close(one)
  return opened.map((one) => (typeof one === 'string' ? one : null))
}

// Below the range of outgoing ports. Otherwise a client that keeps reconnecting to a stopped server could be given
// the very port that the server needs to start again.
// Tests take the ports below 30,000 and all other processes, also those that a test starts, take the ports above.
const TEST_RANGES = { first: 20_000, count: 250, ranges: 40 }
let range = { first: 30_000, count: 2_000 }
let next = randomInt(range.count)
let claim: Promise<void> | undefined

/**
 * Gives this process a range of ports that `freePort` of no other process returns. A port looks free from its check
 * until its server listens, so processes that start servers at the same time need separate ranges, also those of two
 * test runs on one machine. The process holds its range by listening on the first port until it ends. The search begins
 * at the range `from`. If every range is held, the process shares that one. A second call changes nothing.
 */
export const claimFreePorts = (from: number): Promise<void> => (claim ??= searchRange(from))

async function searchRange(from: number): Promise<void> {
  const { first, count, ranges } = TEST_RANGES
  const firstOf = (at: number): number => first + count * (at % ranges)
  range = { first: firstOf(from) + 1, count: count - 1 }
  for (let at = from; at < from + ranges; at += 1) {
    const held = await listen(firstOf(at), '127.0.0.1')
    if (typeof held === 'string') continue
    held.unref()
    range = { first: firstOf(at) + 1, count: count - 1 }
    return
  }
}

/** Returns a free port of the loopback. A process gets no port twice until it has had all ports of its range. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = range.first + (next++ % range.count)
    if ((await portFault(port)) === null) return port
  }
}

function listen(port: number, host: string): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    server.listen(port, host, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
