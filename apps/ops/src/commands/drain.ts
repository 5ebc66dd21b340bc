import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Queue } from 'bullmq'
import type { Env } from '@sms-codes/core/config/load'
import { createAudit } from '@sms-codes/core/limits/audit'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'
import { asStoreError } from '@sms-codes/core/redis/connect'
import { OpsError, parseDuration, type Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { readQueues } from '../snapshot.ts'
import { withStore } from '../store.ts'

const POLL_EVERY_MS = 200

export const drain: Command = {
  summary: 'pause deliveries and wait until none is active',
  help: `drain [--wait 1m]

Pauses the queues sms (all shards), email and events for all workers and waits until no job is active. The API
refuses sends with 503 until "resume" ends the pause. A message that waits longer than the send_within of its scene
is never sent. The queues stay paused if this command is stopped or times out.

  --wait <time>   how long to wait for active jobs, such as 90s or 5m (1m)
`,
  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { wait: { type: 'string', default: '1m' } } })
    const giveUpAt = Date.now() + parseDuration('--wait', values.wait) * 1000
    await withQueues('drain', env, async (queues, countOf) => {
      await asStoreError('pause', Promise.all(queues.map((queue) => queue.pause())))
      let shown = -1
      for (;;) {
        const active = await countOf('active')
        if (active !== shown) terminal.say(`paused, ${active} active`)
        shown = active
        if (active === 0) break
        const left = `${active} still active, and the queues stay paused. Check with "status", undo with "resume".`
        if (terminal.signal.aborted) throw new OpsError(`stopped: ${left}`)
        if (Date.now() > giveUpAt) throw new OpsError(`timed out after ${values.wait}: ${left}`)
        // An abort ends the wait early, and the loop reports what is left.
        await sleep(POLL_EVERY_MS, undefined, { signal: terminal.signal }).catch(() => {})
      }
      terminal.say('drained: nothing is sent until "resume"')
    })
  },
}

export const resume: Command = {
  summary: 'end the pause of "drain"',
  help: `resume

Ends the pause: workers take jobs from the queues sms, email and events again.
`,
  async run(args, { env, terminal }) {
    parseArgs({ args, options: {} })
    await withQueues('resume', env, async (queues, countOf) => {
      // The jobs are counted before the pause ends, because workers take them at once afterwards.
      const waiting = await countOf('waiting')
      await asStoreError('resume', Promise.all(queues.map((queue) => queue.resume())))
      terminal.say(`resumed, ${waiting} waiting`)
    })
  },
}

type CountOf = (state: 'waiting' | 'active') => Promise<number>

/**
 * Opens the queues of every number of shards, so a pause outlasts a change of queues.shards. The record in the audit stream
 * is written before the change, so a crash cannot hide the change. @throws OpsError
 */
async function withQueues(
  act: 'drain' | 'resume',
  env: Env,
  use: (queues: readonly Queue[], countOf: CountOf) => Promise<void>,
): Promise<void> {
  const config = loadStoreConfig(env)
  await withStore(config, async ({ redis, log }) => {
    await createAudit(redis)({ what: 'operator', act, entry: '', reason: '' })
    const { queues, close } = watchQueues(redis, log)
    const countOf: CountOf = async (state) =>
      (await readQueues(redis, config.shards)).reduce((sum, queue) => sum + queue[state], 0)
    try {
      await use(queues, countOf)
    } finally {
      await close()
    }
  })
}
