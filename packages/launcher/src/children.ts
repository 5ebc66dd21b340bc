// The child processes of one `npm start`. They stop in a fixed order, and one that exits unexpectedly is
// reported.
import { describeExit, type Exit, type Process } from './processes.ts'
import { EXIT_CONFIG, StartupError } from './startup-error.ts'

export type Child = Pick<Process, 'exited' | 'lastLines' | 'stop' | 'kill'>

// Clients stop before their servers: the worker finishes its messages while the simulator still accepts
// them and Redis still stores the result. The deadlines add up to less than 15 seconds.
const STOP_ORDER = [
  { names: ['build', 'api', 'board'], deadlineMs: 4_000 },
  { names: ['worker'], deadlineMs: 7_000 },
  { names: ['simulator'], deadlineMs: 1_000 },
  { names: ['redis'], deadlineMs: 2_000 },
]

export function createChildren(onUnexpectedExit: (error: StartupError) => void) {
  const children = new Map<string, Child>()
  let stopping = false

  async function add(name: string, child: Child): Promise<void> {
    children.set(name, child)
    void child.exited.then(() => children.delete(name))
    // stop() has already visited the children that it knew, so a child that is added later is killed here.
    if (stopping) await child.kill()
  }

  return {
    /** Adds a child that must run until stop() is called. */
    async addService(name: string, child: Child): Promise<void> {
      await add(name, child)
      void child.exited.then((exit) => {
        if (!stopping) onUnexpectedExit(unexpectedExit(name, child, exit))
        return exit
      })
    },

    /** Adds a child that exits when its work is done. */
    addTask: add,

    async stop(): Promise<void> {
      stopping = true
      for (const { names, deadlineMs } of STOP_ORDER) {
        await Promise.all(names.map((name) => children.get(name)?.stop(deadlineMs) ?? Promise.resolve()))
      }
    },
  }
}

export type Children = ReturnType<typeof createChildren>

function unexpectedExit(name: string, child: Child, exit: Exit): StartupError {
  const lines = child.lastLines().map((line) => `  ${line}`)
  const text = [`${name} exited unexpectedly (${describeExit(exit)}):`, ...lines].join('\n')
  return new StartupError(text, exit.code === EXIT_CONFIG ? EXIT_CONFIG : 1)
}
