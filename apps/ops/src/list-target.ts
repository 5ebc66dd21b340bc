import { parseListEntry, type ListEntry } from '@sms-codes/core/limits/networks'
import { loadStoreConfig } from './config.ts'
import type { Context } from './command.ts'
import { usageError } from './ops-error.ts'
import { choosePhone } from './phone.ts'
import { onePositional, refusePositionals } from './positionals.ts'

export const TARGET_HELP = `What is listed is a network (10.1.0.0/16, 2001:db8::/48, or one address), a number segment (the first 3 to 7
digits) or a phone. A phone stands on a list by its pseudonym only; --mobile finds it with PHONE_KEY. Write --
before a pseudonym that begins with a dash.`

/** What a command about a list is about, and the Redis that has the list. */
export async function readTarget(
  positionals: readonly string[],
  mobile: string | undefined,
  { env, terminal }: Context,
): Promise<{ entry: ListEntry; redisUrl: string }> {
  if (mobile === undefined) {
    const { redisUrl } = loadStoreConfig(env)
    const entry = parseListEntry(onePositional(positionals, 'network, segment or pseudonym'))
    if (entry === null)
      throw usageError(
        'not a network, number segment (3 to 7 digits) or pseudonym (22 characters); a whole number is given with --mobile',
      )
    return { entry, redisUrl }
  }
  refusePositionals(positionals)
  const { ph, config } = await choosePhone(mobile, env, terminal)
  return { entry: { kind: 'phone', text: ph }, redisUrl: config.redisUrl }
}
