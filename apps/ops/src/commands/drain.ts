import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { loadStoreConfig } from '../config.ts'
import { parseDuration } from '../duration.ts'
import { OpsError } from '../ops-error.ts'
import { refusePositionals } from '../positionals.ts'
import { withQueues } from '../queues.ts'
import { withStore } from '../store.ts'

const LOOK_EVERY_MS = 200

/** Stops deliveries without losing one. What it began stays when it is stopped itself: a pause is no half measure. */
export const drain: Command = {
  summary: 'let no new delivery begin, and wait until none is under way',
  help: `drain [--wait 1m]

Pauses the queues sms, email and events for all workers and waits until nothing is under way. The API goes on
taking requests; their messages wait, and one that waits longer than SEND_WITHIN_SECONDS is not sent at all.
"resume" undoes it.

  --wait <time>   how long to wait for what is under way, such as 90s or 5m (1m)
  --help          this text
`,
  async run(args, { env, terminal }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { wait: { type: 'string', default: '1m' } },
    })
    refusePositionals(positionals)
    const giveUpAt = Date.now() + parseDuration('--wait', values.wait) * 1000
    await withStore(loadStoreConfig(env).redisUrl, (store) =>
      withQueues(store, async (queues) => {
        await queues.pause()
        for (;;) {
          const active = await queues.active()
          terminal.progress(`paused, ${active} under way`)
          if (active === 0) break
          const left = `${active} under way; the queues stay paused. Look with "status", undo with "resume".`
          if (terminal.signal.aborted) throw new OpsError(`stopped with ${left}`)
          if (Date.now() > giveUpAt) throw new OpsError(`after ${values.wait} still ${left}`)
          // An operator who stops it is told what is left, above.
          await sleep(LOOK_EVERY_MS, undefined, { signal: terminal.signal }).catch(() => {})
        }
        terminal.say('drained: nothing is sent until "resume"')
      }),
    )
  },
}
