// Whether a port can be listened on, asked by listening on it: only the kernel knows.
import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/** Null when the port is free, else the system's reason (EADDRINUSE, EACCES, …). */
export async function portFault(port: number, host = '127.0.0.1'): Promise<string | null> {
  const opened = await listen(port, host)
  if (typeof opened === 'string') return opened
  await close(opened)
  return null
}

/** The faults of several ports held at the same time, so that two uses of one port are found too. */
export async function portFaults(ports: number[], host = '127.0.0.1'): Promise<(string | null)[]> {
  const opened: (Server | string)[] = []
  for (const port of ports) opened.push(await listen(port, host))
  for (const one of opened) if (typeof one !== 'string') await close(one)
  return opened.map((one) => (typeof one === 'string' ? one : null))
}

// Below the range that systems take outgoing ports from: there, a client that keeps reconnecting to a
// stopped server could be given the very port the server needs to come back on.
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
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
