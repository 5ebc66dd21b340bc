// The children of one `npm start`: the order they stop in, and the news when one stops by itself.
import { describeExit, type Exit, type Process } from './processes.ts'
import { StartupError } from './startup-error.ts'

export type Member = Pick<Process, 'exited' | 'lastLines' | 'stop' | 'kill'>

// Who asks stops before who answers: a worker finishes its messages while the simulator still takes
// them and Redis still remembers them. The deadlines add up to less than 15 seconds.
const STOP_ORDER = [
  { names: ['build', 'api', 'board'], deadlineMs: 4_000 },
  { names: ['worker'], deadlineMs: 7_000 },
  { names: ['simulator'], deadlineMs: 1_000 },
  { names: ['redis'], deadlineMs: 2_000 },
]

export function createFleet(onDeath: (error: StartupError) => void) {
  const members = new Map<string, Member>()
  let stopping = false

  async function take(name: string, member: Member): Promise<void> {
    members.set(name, member)
    void member.exited.then(() => members.delete(name))
    // One that comes while the others are being stopped has missed its turn.
    if (stopping) await member.kill()
  }

  return {
    /** Takes in a child that is meant to run until the end. */
    async add(name: string, member: Member): Promise<void> {
      await take(name, member)
      void member.exited.then((exit) => {
        if (!stopping) onDeath(obituary(name, member, exit))
        return exit
      })
    },

    /** Takes in a child that ends when its work is done. */
    addTask: take,

    async stop(): Promise<void> {
      stopping = true
      for (const { names, deadlineMs } of STOP_ORDER) {
        await Promise.all(names.map((name) => members.get(name)?.stop(deadlineMs) ?? Promise.resolve()))
      }
    },
  }
}

export type Fleet = ReturnType<typeof createFleet>

function obituary(name: string, member: Member, exit: Exit): StartupError {
  const lines = member.lastLines().map((line) => `  ${line}`)
  return new StartupError([`${name} ended by itself (${describeExit(exit)}):`, ...lines].join('\n'), 1)
}
