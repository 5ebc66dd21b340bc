import { createAudit, readAudit } from '@sms-codes/core/limits/audit'
import { parseListEntry, type ListEntry } from '@sms-codes/core/limits/networks'
import { scrub } from '@sms-codes/core/mobile'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { onePositional, usageError, type Context } from './args.ts'
import { loadStoreConfig, type PhoneConfig, type StoreConfig } from './config.ts'
import { choosePhone } from './phone.ts'

export const ENTRY_HELP = `An entry is a network (10.1.0.0/16, 2001:db8::/48, or a single address), a number segment (the first 3 to 7
digits: 138 of the mainland, +852 or +8529 of another country) or a phone. The lists name a phone by its pseudonym;
--mobile computes it with PHONE_KEY. Write -- before a pseudonym that begins with a dash.`
const NOT_AN_ENTRY =
  'not a network, number segment (such as 138 or +852, at most 7 digits) or pseudonym (22 characters); use --mobile for a whole number'

/** Reads the list entry that a command is about, and the configuration of the command. @throws ConfigError, OpsError */
export async function readEntry(
  positionals: readonly string[],
  mobile: string | undefined,
  context: Context,
): Promise<{ entry: ListEntry; config: StoreConfig | PhoneConfig }> {
  if (mobile === undefined) {
    const config = loadStoreConfig(context.env)
    const entry = parseListEntry(onePositional(positionals, 'network, segment or pseudonym'))
    if (entry === null) throw usageError(NOT_AN_ENTRY)
    return { entry, config }
  }
  if (positionals.length > 0) throw usageError('unexpected argument beside --mobile')
  const { ph, config } = await choosePhone(mobile, context)
  return { entry: { kind: 'phone', text: ph }, config }
}

type Act = { act: 'block' | 'allow' | 'unlist'; entry: ListEntry; reason: string }

const OPERATOR = 'operator'

/** Writes an act (a change that an operator made to a list) to the audit stream. @throws StoreError */
export async function recordAct(redis: RedisClient, { act, entry, reason }: Act): Promise<void> {
  // The reason is masked, because an operator may type a number into the reason.
  await createAudit(redis)({ what: OPERATOR, act, entry: entry.text, reason: scrub(reason) })
}

/** Finds the newest reason for each list entry in the last 1,000 records of the audit stream. @throws StoreError */
export async function readReasons(redis: RedisClient): Promise<Map<string, string>> {
  const acts = (await readAudit(redis, 1_000)).filter(({ what }) => what === OPERATOR)
  return new Map(acts.toReversed().map(({ entry = '', reason = '' }) => [entry, reason]))
}
