import { parseArgs } from 'node:util'
import { FAIL_REASONS, readFailures, type Failure } from '@sms-codes/core/history/failures'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import { OpsError, parseCount, parseDuration, usageError, type Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { showTime, showWord, table, toJson } from '../output.ts'
import { withStore } from '../store.ts'

const MOST = 1_000

export const failures: Command = {
  summary: 'show the newest failed sends, and count them by reason and gateway',
  help: `failures [--since 1h] [--reason late] [--gateway ccp] [--most 20] [--json]

Shows the sends that failed, the newest first, with the reason and the last code of the vendor, and below how many
failed for each reason at each gateway. "request <request id>" shows the whole way of one.

  --since <time>      how far back to look, such as 30m or 1d (1h)
  --reason <reason>   ${FAIL_REASONS.join(', ')}
  --gateway <name>    a gateway of the policy, or email
  --most <count>      how many to show, at most ${MOST} (20); the counts cover all
  --json              for programs
`,
  async run(args, { env, terminal }) {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args,
      options: {
        since: { ...text, default: '1h' },
        reason: text,
        gateway: text,
        most: { ...text, default: '20' },
        json: { type: 'boolean', default: false },
      },
    })
    const seconds = parseDuration('--since', values.since)
    const most = parseCount('--most', values.most, MOST)
    const reason = oneOf('--reason', values.reason, FAIL_REASONS)
    const config = loadStoreConfig(env)
    const gateway = oneOf('--gateway', values.gateway, [...config.gateways, 'email'])
    const all = await withStore(config, async ({ redis }) => {
      const sinceMs = (await redisClockMs(redis)) - seconds * 1000
      const asked = { sinceMs, hours: config.historyHours, reason, gateway }
      return readFailures(redis, { ...asked, most: Number.MAX_SAFE_INTEGER })
    })
    if (all.length === 0 && config.policy.history_hours === 0)
      throw new OpsError('the history is off (history_hours: 0), so no failure is stored')
    const [shown, counts] = [all.slice(0, most), countsOf(all)]
    if (values.json) return terminal.say(toJson({ total: all.length, counts, failures: shown }))
    if (all.length === 0) return terminal.say(`no failures in the last ${values.since}`)
    const lines = [
      ...table(COLUMNS, shown.map(rowOf)),
      '',
      `${all.length} in the last ${values.since}, ${shown.length} shown`,
      ...table(
        COUNTS,
        counts.map((one) => [one.reason, showWord(one.gateway) || '-', `${one.count}`]),
        ['count'],
      ),
    ]
    lines.forEach(terminal.say)
  },
}

const COLUMNS = ['time', 'scene', 'channel', 'reason', 'gateway', 'code', 'request id']
const COUNTS = ['reason', 'gateway', 'count']

const rowOf = ({ at, scene, channel, reason, gateway, code, rid, n }: Failure) => [
  // Whole seconds, because the line is long.
  showTime(at).replace(/\.\d+/, ''),
  showWord(scene),
  channel,
  showWord(reason),
  showWord(gateway) || '-',
  showWord(code) || '-',
  // The sends of one code share the id.
  n > 1 ? `${rid} (send ${n})` : rid,
]

/** Counts the failures of each reason and gateway, the most frequent first. */
function countsOf(all: readonly Failure[]) {
  const counts = new Map<string, { reason: string; gateway: string; count: number }>()
  for (const { reason, gateway } of all) {
    const key = `${reason} ${gateway}`
    counts.set(key, { reason, gateway, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count)
}

/** Checks the value of an option, which may be absent. @throws OpsError with the known values */
function oneOf(option: string, given: string | undefined, known: readonly string[]): string | undefined {
  if (given !== undefined && !known.includes(given))
    throw usageError(`${option}: must be one of ${known.join(', ')}`)
  return given
}
