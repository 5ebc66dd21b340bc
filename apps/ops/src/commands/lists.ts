import { parseArgs } from 'node:util'
import { createLists, type ListName } from '@sms-codes/core/limits/allow-deny-lists'
import { readAudit } from '@sms-codes/core/limits/audit'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { Command } from '../args.ts'
import { loadStoreConfig } from '../config.ts'
import { table } from '../output.ts'
import { withStore } from '../store.ts'

export const lists: Command = {
  summary: 'show the deny list and the allow list, with expiry and reason',
  help: `lists

Shows the entries of both lists in Redis. The lists in the policy file are not shown. A reason is shown while it
is among the last 1,000 entries of the audit stream.
`,
  async run(args, { env, terminal }) {
    parseArgs({ args, options: {} })
    const rows = await withStore(loadStoreConfig(env), ({ redis }) => readRows(redis))
    if (rows.length === 0) terminal.say('both lists are empty')
    else table(['list', 'kind', 'entry', 'until', 'reason'], rows).forEach(terminal.say)
  },
}

/** The command that puts an entry on a list. */
const PUTS = { deny: 'block', allow: 'allow' }

async function readRows(redis: RedisClient): Promise<string[][]> {
  const acts = (await readAudit(redis, 1_000)).filter(({ what }) => what === 'operator')
  const rowsOf = async (list: ListName) =>
    (await createLists(redis).all(list)).map(({ text, until }) => [
      list,
      parseListEntry(text)?.kind ?? 'unknown',
      text,
      until === null ? 'no expiry' : new Date(until).toISOString(),
      // The newest act comes first.
      acts.find(({ act, entry }) => act === PUTS[list] && entry === text)?.['reason'] ?? '',
    ])
  return [...(await rowsOf('deny')), ...(await rowsOf('allow'))]
}
