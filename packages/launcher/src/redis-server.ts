// One Redis server as a child process, from its command line to its "ready".
import { EventEmitter, once } from 'node:events'
import { rmSync, symlinkSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeExit, startProcess, type Process } from './processes.ts'
import { StartupError } from './startup-error.ts'

const READY = 'Ready to accept connections'
const READY_TIMEOUT_MS = 60_000

export type ServerOptions = {
  port: number
  dir: string
  persistent: boolean
  detached?: boolean
  settings?: Record<string, string>
}

/** What to start as the server: Debian's one binary takes its role from the name it is called by. */
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
  const said = new EventEmitter()
  const ready = once(said, READY).then(() => 'ready' as const)
  const server = await startProcess({
    name: 'redis',
    command: serverProgram(binary, dir),
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    // Not --dir: a path with a space or a quote would be read as Redis configuration.
    cwd: dir,
    detached,
    onLine: (line) => {
      if (line.includes(READY)) said.emit(READY)
    },
  })
  const late = sleep(READY_TIMEOUT_MS, 'late' as const, { ref: false })
  const first = await Promise.race([ready, server.exited, late])
  if (first === 'ready') return server
  if (first === 'late') await server.kill()
  const how = first === 'late' ? 'was not ready in time' : `ended at once (${describeExit(first)})`
  throw new StartupError([`${binary} on port ${port} ${how}:`, ...server.lastLines()].join('\n'))
}
