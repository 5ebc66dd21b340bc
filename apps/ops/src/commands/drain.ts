import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { OpsError, parseDuration, type Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { withQueues } from '../queues.ts'

const POLL_EVERY_MS = 200

export const drain: Command = {
  summary: 'pause deliveries and wait until none is active',
  help: `drain [--wait 1m]

Pauses the queues sms (all shards), email and events for all workers and waits until no job is active. The API refuses sends with
503 until "resume" ends the pause. A message that waits longer than the send_within of its scene is never sent. The queues stay
paused if this command is stopped or times out.

  --wait <time>   how long to wait for active jobs, such as 90s or 5m (1m)
  --help          this text
`,
  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { wait: { type: 'string', default: '1m' } } })
    const giveUpAt = Date.now() + parseDuration('--wait', values.wait) * 1000
    await withQueues(loadStoreConfig(env), async (queues) => {
      await queues.pause()
      for (;;) {
        const active = await queues.count('active')
        terminal.progress(`paused, ${active} active`)
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

  --help   this text
`,
  async run(args, { env, terminal }) {
    parseArgs({ args, options: {} })
    await withQueues(loadStoreConfig(env), async (queues) => {
      // The jobs are counted before the pause ends, because workers take them at once afterwards.
      const waiting = await queues.count('waiting')
      await queues.resume()
      terminal.say(`resumed, ${waiting} waiting`)
    })
  },
}
