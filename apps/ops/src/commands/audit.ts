import { parseArgs } from 'node:util'
import { readAuditSince } from '@sms-codes/core/limits/audit'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import { parseCount, parseDuration, usageError, type Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { printable, showTime, table, toJson } from '../output.ts'
import { withStore } from '../store.ts'

type Entry = Readonly<Record<string, string>>
type Shown = { what: string; who: string; entry: string; reason: string }

/** How each kind of entry is shown. The value in Redis is in `stored`. */
const KINDS = new Map<string, { stored: string; show: (entry: Entry) => Shown }>(
  Object.entries({
    operator: {
      stored: 'operator',
      show: ({ act = '', entry = '', for: time = '', reason = '' }) => ({
        what: act,
        who: 'operator',
        entry,
        reason: [time && `for ${time}`, reason].filter(Boolean).join(': '),
      }),
    },
    board: {
      stored: 'board write',
      show: ({ user = '', route = '', queue = '', job = '', jobs = '' }) => ({
        // The name of the write is the last part of the route that is no parameter.
        what: `board ${route.split('/').findLast((part) => !part.startsWith(':')) ?? ''}`,
        who: user,
        entry: `${queue} ${job || jobs}`.trim(),
        reason: '',
      }),
    },
    guard: {
      stored: 'guard',
      show: ({ mode = '', group = '', who = '', sends = '', verified = '' }) => ({
        what: `guard ${mode}`,
        who: 'api',
        entry: `${group} ${who}`,
        reason: `${verified} of ${sends} codes verified`,
      }),
    },
    list: {
      stored: 'list',
      show: ({ list = '', entry = '', phone = '' }) => ({
        what: `list ${list}`,
        who: 'api',
        entry,
        reason: entry === phone ? '' : `phone ${phone}`,
      }),
    },
  }),
)

const MOST_ENTRIES = 10_000

export const audit: Command = {
  summary: 'show what operators, the lists and the guard decided',
  help: `audit [--since 24h] [--what operator] [--most 50] [--json]

Shows the entries of the audit stream, the newest first: commands of operators and writes on the board with the name of
the operator, denials by the deny lists, and findings of the pumping guard. Phones and addresses are
pseudonyms. The stream keeps about 10,000 entries.

  --since <time>   how far back, such as 90m or 7d (24h)
  --what <kind>    only entries of this kind: ${[...KINDS.keys()].join(', ')}
  --most <count>   how many entries (50)
  --json           for programs
`,
  async run(args, { env, terminal }) {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args,
      options: {
        since: { ...text, default: '24h' },
        what: text,
        most: { ...text, default: '50' },
        json: { type: 'boolean', default: false },
      },
    })
    const seconds = parseDuration('--since', values.since)
    const most = parseCount('--most', values.most, MOST_ENTRIES)
    const kind = KINDS.get(values.what ?? '')
    if (values.what !== undefined && kind === undefined)
      throw usageError(`--what: must be one of ${[...KINDS.keys()].join(', ')}`)
    const all = await withStore(loadStoreConfig(env), async ({ redis }) =>
      readAuditSince(redis, (await redisClockMs(redis)) - seconds * 1000),
    )
    const found = all.filter(({ entry }) => kind === undefined || entry['what'] === kind.stored)
    const shown = found.slice(0, most).map(({ at, entry }) => ({ at, ...show(entry) }))
    if (values.json) return terminal.say(printable(toJson({ total: found.length, entries: shown })))
    if (found.length === 0) return terminal.say(`no entries in the last ${values.since}`)
    const rows = shown.map(({ at, what, who, entry, reason }) =>
      [showTime(at), what, who, entry, reason].map(printable),
    )
    table(['time', 'what', 'who', 'entry', 'reason'], rows).forEach(terminal.say)
    if (found.length > most) terminal.say(`${found.length - most} older entries are not shown (--most)`)
  },
}

function show(entry: Entry): Shown {
  const kind = [...KINDS.values()].find(({ stored }) => stored === entry['what'])
  return kind?.show(entry) ?? { what: entry['what'] ?? '', who: '', entry: '', reason: JSON.stringify(entry) }
}
