import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { StoreError } from '@sms-codes/core/redis/connect'
import type { Command } from '../command.ts'
import { loadStoreConfig } from '../config.ts'
import { OpsError, usageError } from '../ops-error.ts'
import { refusePositionals } from '../positionals.ts'
import { withQueues } from '../queues.ts'
import { showSnapshot } from '../status/page.ts'
import { takeSnapshot, type Snapshot } from '../status/snapshot.ts'
import { withStore } from '../store.ts'

const REFRESH_MS = 2_000

export const status: Command = {
  summary: 'queues, gateways, budget, lists and Redis',
  help: `status [--watch] [--json] [--metrics <address,…>]

Redis, the lists, the queues (jobs by state, and how long the oldest one waits), the budget, and with --metrics the
gateways: breakers, and calls by outcome since the workers began. The exit code is 1 when a worker's metrics cannot
be had.

  --metrics <address,…>   of workers, such as http://127.0.0.1:9101/metrics; figures of several are added up
  --watch                 again every 2 seconds until Ctrl-C, on a screen in its place
  --json                  for machines; with --watch an object a line
  --help                  this text
`,
  async run(args, { env, terminal }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        metrics: { type: 'string' },
        watch: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    refusePositionals(positionals)
    const urls = parseUrls(values.metrics)
    const config = loadStoreConfig(env)
    const { signal } = terminal
    const show = (snapshot: Snapshot) => {
      if (values.json) terminal.say(JSON.stringify(snapshot))
      else terminal.page(showSnapshot(snapshot))
    }
    await withStore(config.redisUrl, ({ redis, log }) =>
      withQueues({ redis, log }, async (queues) => {
        const take = () => takeSnapshot({ config, redis, queues, urls, signal })
        if (!values.watch) {
          const snapshot = await take()
          show(snapshot)
          if ((snapshot.workers?.unreachable ?? []).length > 0)
            throw new OpsError('not all workers gave their metrics')
        }
        while (values.watch && !signal.aborted) {
          // Whoever watches wants to see it come back.
          await take().then(show, (err: unknown) => {
            if (!(err instanceof StoreError)) throw err
            terminal.complain(err.message)
          })
          await sleep(REFRESH_MS, undefined, { signal }).catch(() => {})
        }
      }),
    )
  },
}

function parseUrls(text: string | undefined): URL[] {
  if (text === undefined) return []
  return text.split(',').map((address) => {
    const url = URL.canParse(address) ? new URL(address) : null
    if (url === null || !/^https?:$/.test(url.protocol))
      throw usageError('--metrics: must be addresses by comma, such as http://127.0.0.1:9101/metrics')
    return url
  })
}
