import { parseArgs } from 'node:util'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { asStoreError } from '@sms-codes/core/redis/connect'
import { createListAudit } from '../list-audit.ts'
import type { Command } from '../command.ts'
import { loadStoreConfig } from '../config.ts'
import { refusePositionals } from '../positionals.ts'
import { withStore, type Store } from '../store.ts'
import { table } from '../table.ts'

export const lists: Command = {
  summary: 'who is blocked and who is allowed, until when and why',
  help: `lists [--json]

The entries of both lists in Redis. Those in the environment of the API (ALLOW_LIST, DENY_LIST) are not in it.

  --json   for machines
  --help   this text
`,
  async run(args, { env, terminal }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    })
    refusePositionals(positionals)
    const entries = await withStore(loadStoreConfig(env).redisUrl, ({ redis }) => readLists(redis))
    if (values.json) return terminal.say(JSON.stringify(entries))
    if (entries.length === 0) return terminal.say('both lists are empty')
    const rows = entries.map(({ list, kind, entry, until, reason }) => [
      list,
      kind,
      entry,
      until ?? 'for good',
      reason,
    ])
    table(['list', 'kind', 'entry', 'until', 'reason'], rows).forEach(terminal.say)
  },
}

async function readLists(redis: Store['redis']) {
  const reasons = await createListAudit(redis).reasons()
  const [time] = await asStoreError('time', redis.time())
  const now = Number(time) * 1000
  const of = async (list: 'deny' | 'allow') => {
    const held = await createLists(redis).all(list)
    // What has ended is forgotten by the next send and not before.
    return held
      .filter(({ until }) => until === null || until > now)
      .map(({ text, until }) => ({
        list,
        kind: parseListEntry(text)?.kind ?? 'unknown',
        entry: text,
        until: until === null ? null : new Date(until).toISOString(),
        reason: reasons.get(text) ?? '',
      }))
  }
  return [...(await of('deny')), ...(await of('allow'))]
}
