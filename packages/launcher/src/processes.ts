// Child processes. They are started from a list of arguments, never through a shell, and ended by pid, never
// by name. A child that still runs when this process exits is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUpAtExit } from './cleanup-at-exit.ts'
import { killedWithParent } from './kill-with-parent.ts'

const TAIL_LINES = 20
const STOP_TIMEOUT_MS = 10_000

type Stream = 'stdout' | 'stderr'
export type Exit = { code: number | null; signal: NodeJS.Signals | null }
export type Process = Awaited<ReturnType<typeof startProcess>>

export type ProcessOptions = {
  name: string
  /** The program to run. The default is this Node, which runs `script`. */
  command?: string
  script?: string
  /** Flags of Node itself, before `script`. */
  nodeFlags?: readonly string[]
  args?: string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Receives every line of output. Without it, lines are printed with the child's name before them. */
  onLine?: (line: string, stream: Stream) => void
  /** Runs the child in its own session: Ctrl-C does not reach it, and stop() signals its whole process group. */
  detached?: boolean
  stopTimeoutMs?: number
}

/** Starts a child process and returns when it runs. It ends with this process at the latest. */
export async function startProcess(options: ProcessOptions) {
  const { name, command, script, detached = false, stopTimeoutMs = STOP_TIMEOUT_MS } = options
  const { nodeFlags = [] } = options
  const argv = [...nodeFlags, ...(script === undefined ? [] : [script]), ...(options.args ?? [])]
  const onLine = options.onLine ?? ((line, stream) => process[stream].write(`[${name}] ${line}\n`))
  const [program, programArgs] = killedWithParent(command ?? process.execPath, argv)
  const child = spawn(program, programArgs, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const signalChild = (signal: NodeJS.Signals): void => {
    // The child has no pid before its start, and after its exit another process may have got that pid.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    if (detached) process.kill(-child.pid, signal)
    else child.kill(signal)
  }
  // Registered before the first await, because this process may exit during one.
  const cancelCleanup = cleanUpAtExit(() => signalChild('SIGKILL'))
  child.once('exit', cancelCleanup)
  child.once('error', cancelCleanup)

  const lastLines: string[] = []
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream] }).on('line', (line) => {
      lastLines.push(line)
      if (lastLines.length > TAIL_LINES) lastLines.shift()
      onLine(line, stream)
    })
  }

  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    // "close" comes when the output is read completely, but a grandchild may keep the pipes open. If this process stalls
    // for that time, its event loop reads the output after the timer and before the immediate.
    child.once('exit', (code, signal) => setTimeout(() => setImmediate(() => resolve({ code, signal })), 500))
  })
  await once(child, 'spawn')
  const { pid } = child
  if (pid === undefined) throw new Error(`${name} has no pid`)

  const end = async (signal: NodeJS.Signals, deadlineMs: number): Promise<Exit> => {
    child.ref()
    signalChild(signal)
    const deadline = setTimeout(() => signalChild('SIGKILL'), deadlineMs)
    try {
      return await exited
    } finally {
      clearTimeout(deadline)
    }
  }

  return {
    name,
    pid,
    /** Resolves when the child has exited and its output has been read. Never rejects. */
    exited,
    lastLines: (): string[] => [...lastLines],
    /** Sends SIGTERM, and SIGKILL if the child has not exited by the deadline. */
    stop: (deadlineMs = stopTimeoutMs): Promise<Exit> => end('SIGTERM', deadlineMs),
    kill: (): Promise<Exit> => end('SIGKILL', stopTimeoutMs),
    /** Lets this process exit while the child still runs. The exit then kills the child. */
    unref: (): void => {
      child.unref()
      for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref()
    },
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}

/**
 * Waits until the URL answers with status 200.
 * @throws Error with the last answer when the deadline has passed
 */
export async function waitForHttp(url: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + deadlineMs
  for (;;) {
    signal?.throwIfAborted()
    const answer = await statusOf(url)
    if (answer === 200) return
    if (Date.now() >= giveUpAt) throw new Error(`${url} was not ready in ${deadlineMs} ms: ${answer}`)
    await sleep(100)
  }
}

// Not fetch: it would keep a connection open that the server must close when it stops.
function statusOf(url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 'no status')
    })
    request.on('timeout', () => request.destroy(new Error('no answer in 2000 ms')))
    request.on('error', (error) => resolve(error.message))
  })
}
