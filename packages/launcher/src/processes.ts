// Child processes, started by argv (never a shell) and ended by pid (never by name). A child that is
// still there when this process exits is killed then.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.ts'
import { dyingWithParent } from './parent-death.ts'

const TAIL_LINES = 20
const STOP_TIMEOUT_MS = 10_000

export type Stream = 'stdout' | 'stderr'
export type Exit = { code: number | null; signal: NodeJS.Signals | null }
export type Process = Awaited<ReturnType<typeof startProcess>>

export type ProcessOptions = {
  name: string
  /** A program; `script` instead is run by this same Node. */
  command?: string
  script?: string
  args?: string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Without it every line is printed behind the child's name. */
  onLine?: (line: string, stream: Stream) => void
  /** In a session of its own: a terminal's Ctrl-C does not reach it, and signals go to its whole group. */
  detached?: boolean
  stopTimeoutMs?: number
}

export async function startProcess(options: ProcessOptions) {
  const { name, command, script, detached = false, stopTimeoutMs = STOP_TIMEOUT_MS } = options
  const argv = [...(script === undefined ? [] : [script]), ...(options.args ?? [])]
  const onLine = options.onLine ?? ((line, stream) => process[stream].write(`[${name}] ${line}\n`))
  const [program, programArgs] = dyingWithParent(command ?? process.execPath, argv)
  const child = spawn(program, programArgs, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const signalChild = (signal: NodeJS.Signals): void => {
    // Before its start there is no pid, and after its exit it may already be somebody else's.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    if (detached) process.kill(-child.pid, signal)
    else child.kill(signal)
  }
  // Before anything is waited for: this process may be told to end meanwhile.
  const forget = atExit(() => signalChild('SIGKILL'))
  child.once('exit', forget)
  child.once('error', forget)

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
    // "close" waits until the pipes are read to their end; a grandchild may hold them open for ever.
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 500))
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
    /** Settles when the child has ended and its output has been read; never rejects. */
    exited,
    lastLines: (): string[] => [...lastLines],
    /** SIGTERM, then SIGKILL for a child that has not ended by the deadline. */
    stop: (deadlineMs = stopTimeoutMs): Promise<Exit> => end('SIGTERM', deadlineMs),
    kill: (): Promise<Exit> => end('SIGKILL', stopTimeoutMs),
    /** Lets this process end on its own while the child still runs, which then ends it. */
    unref: (): void => {
      child.unref()
      for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref()
    },
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}

/** Waits until the address answers 200; throws with the last answer when it does not in time. */
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

// Not fetch: its kept-alive connection would be one more for the other side to close when it stops.
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
