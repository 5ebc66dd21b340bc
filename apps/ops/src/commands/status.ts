import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { StoreError } from '@sms-codes/core/redis/connect'
import type { Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { showSnapshot, takeSnapshot } from '../snapshot.ts'
import { withStore } from '../store.ts'

const REFRESH_MS = 2_000

export const status: Command = {
  summary: 'show queues, budget, lists and Redis',
  help: `status [--watch] [--json]

Shows Redis, the size of the lists, the queues (jobs by state, how long the oldest job has waited for a worker, and
for how long sends have waited while no gateway accepted any) and the budget. The state of gateways is in the metrics
of the workers (docs/operations.md).

  --watch   refresh every 2 seconds until Ctrl-C, on a screen in place
  --json    for programs; with --watch one object per line
`,
  async run(args, { env, terminal }) {
    const flag = { type: 'boolean', default: false } as const
    const { values } = parseArgs({ args, options: { watch: flag, json: flag } })
    const config = loadStoreConfig(env)
    const { signal } = terminal
    await withStore(config, async ({ redis }) => {
      const show = async () => {
        const snapshot = await takeSnapshot(config, redis)
        if (values.json) terminal.say(JSON.stringify(snapshot))
        else terminal.page(showSnapshot(snapshot))
      }
      if (!values.watch) return show()
      while (!signal.aborted) {
        // An outage does not end the watch: the operator waits for Redis to come back.
        await show().catch((err: unknown) => {
          if (!(err instanceof StoreError)) throw err
          terminal.complain(err.message)
        })
        await sleep(REFRESH_MS, undefined, { signal }).catch(() => {})
      }
    })
  },
}
