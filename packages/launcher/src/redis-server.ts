// One Redis server as a child process, from its command line to its "ready" line.
import { EventEmitter, once } from 'node:events'
import { rmSync, symlinkSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeExit, startProcess, type Process } from './processes.ts'
import { StartupError } from './startup-error.ts'

const READY = 'Ready to accept connections'
const READY_TIMEOUT_MS = 60_000

type ServerOptions = {
  port: number
  dir: string
  persistent: boolean
  detached?: boolean
  settings?: Record<string, string>
}

/** The path to start. Debian's binary acts as the server only under the name redis-server, so it gets a symlink. */
export function serverProgram(binary: string, dir: string): string {
  if (!basename(binary).endsWith('-check-rdb')) return binary
  const link = resolve(dir, 'redis-server')
  rmSync(link, { force: true })
  symlinkSync(binary, link)
  return link
}

export async function startServer(
  binary: string,
  { port, dir, persistent, detached = false, settings: more = {} }: ServerOptions,
): Promise<Process> {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: persistent ? 'yes' : 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    ...more,
  }
  const output = new EventEmitter()
  const ready = once(output, READY).then(() => 'ready' as const)
  const server = await startProcess({
    name: 'redis',
    command: serverProgram(binary, dir),
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    // Not --dir: Redis would parse spaces and quotes in the path as configuration syntax.
    cwd: dir,
    detached,
    onLine: (line) => {
      if (line.includes(READY)) output.emit(READY)
    },
  })
  const timeout = sleep(READY_TIMEOUT_MS, 'timeout' as const, { ref: false })
  const first = await Promise.race([ready, server.exited, timeout])
  if (first === 'ready') return server
  if (first === 'timeout') await server.kill()
  const how = first === 'timeout' ? 'was not ready in time' : `exited at once (${describeExit(first)})`
  throw new StartupError([`${binary} on port ${port} ${how}:`, ...server.lastLines()].join('\n'))
}
