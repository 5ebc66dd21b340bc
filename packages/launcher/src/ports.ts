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
let range = { first: 20_000, count: 12_000 }
let next = randomInt(range.count)

/**
 * Limits the ports that `freePort` returns. A port looks free from its check until its server listens, so processes
 * that start servers at the same time need separate ranges.
 */
export function limitFreePorts(first: number, count: number): void {
  range = { first, count }
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
