import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { versionOf } from '@sms-codes/core/process/version'
import { StoreError } from '@sms-codes/core/redis/connect'
import type { Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { takeSnapshot } from '../snapshot.ts'
import { findFaults } from '../status-faults.ts'
import { showPage } from '../status-page.ts'
import { withStore } from '../store.ts'

const REFRESH_MS = 2_000

export const status: Command = {
  summary: 'show what is wrong, and the state of sends, gateways, queues, Redis and processes',
  help: `status [--watch] [--json]

Shows what is wrong and what to do about it, and then the sends of the last five minutes by outcome, the last answer of
each gateway, the queues, the budget, Redis and every running process. docs/ops-cli.md explains the columns.

  --watch   refresh every 2 seconds until Ctrl-C, on a screen in place
  --json    for programs; with --watch one object per line
`,
  async run(args, { env, terminal }) {
    const flag = { type: 'boolean', default: false } as const
    const { values } = parseArgs({ args, options: { watch: flag, json: flag } })
    const config = loadStoreConfig(env)
    const version = versionOf(env)
    const { signal } = terminal
    await withStore(config, async ({ redis }) => {
      const show = async () => {
        const snapshot = await takeSnapshot(config, redis)
        const page = { version, ...findFaults(snapshot), ...snapshot }
        if (values.json) terminal.say(JSON.stringify(page))
        else terminal.page(showPage(page))
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
