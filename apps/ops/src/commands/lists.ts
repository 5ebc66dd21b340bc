import { parseArgs } from 'node:util'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { readReasons } from '../list-entry.ts'
import { table } from '../output.ts'
import { withStore } from '../store.ts'

export const lists: Command = {
  summary: 'show the deny list and the allow list, with expiry and reason',
  help: `lists [--json]

Shows the entries of both lists in Redis. The lists in the policy file are not shown. A reason is shown while it is among the last 1,000 entries of the audit stream.

  --json   for programs
  --help   this text
`,
  async run(args, { env, terminal }) {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
    const entries = await withStore(loadStoreConfig(env), ({ redis }) => readLists(redis))
    if (values.json) return terminal.say(JSON.stringify(entries))
    if (entries.length === 0) return terminal.say('both lists are empty')
    const rows = entries.map((one) => [one.list, one.kind, one.entry, one.until ?? 'no expiry', one.reason])
    table(['list', 'kind', 'entry', 'until', 'reason'], rows).forEach(terminal.say)
  },
}

async function readLists(redis: RedisClient) {
  const reasons = await readReasons(redis)
  const entriesOf = async (list: 'deny' | 'allow') =>
    (await createLists(redis).all(list)).map(({ text, until }) => ({
      list,
      kind: parseListEntry(text)?.kind ?? 'unknown',
      entry: text,
      until: until === null ? null : new Date(until).toISOString(),
      reason: reasons.get(text) ?? '',
    }))
  return [...(await entriesOf('deny')), ...(await entriesOf('allow'))]
}
