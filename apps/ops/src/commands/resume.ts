import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { loadStoreConfig } from '../config.ts'
import { refusePositionals } from '../positionals.ts'
import { withQueues } from '../queues.ts'
import { withStore } from '../store.ts'

export const resume: Command = {
  summary: 'let deliveries begin again after "drain"',
  help: `resume

Undoes "drain": workers take jobs from the queues sms, email and events again.

  --help   this text
`,
  async run(args, { env, terminal }) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    refusePositionals(positionals)
    await withStore(loadStoreConfig(env).redisUrl, (store) =>
      withQueues(store, async (queues) => {
        // Counted before: a moment later the workers have them.
        const waiting = (await queues.figures()).reduce((sum, queue) => sum + queue.waiting, 0)
        await queues.resume()
        terminal.say(`resumed, ${waiting} waiting`)
      }),
    )
  },
}
