import { keys } from '../redis/keys.ts'
import { createNetworks, phoneNames, type Asker, type ListEntry } from './networks.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { LOOK, PUT, REMOVE } from '../scripts/lists.ts'

export type ListName = 'allow' | 'deny'

/** The text of the entry that matches on each list, or null. */
export type Listed = Record<ListName, string | null>

const OTHER = { allow: 'deny', deny: 'allow' } as const

/**
 * The operators' allow list and deny list. A change holds for every process at once. Redis cannot match CIDRs,
 * so each process caches the networks and fetches them again when the version changes; all other entries are
 * looked up in Redis.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createLists(redis: RedisClient) {
  const lookScript = createScript(redis, 'look', LOOK)
  const putScript = createScript(redis, 'put', PUT)
  const removeScript = createScript(redis, 'remove', REMOVE)
  let cached = { version: '', allow: createNetworks([]), deny: createNetworks([]) }

  return {
    /** Finds the entries that match a client address, a number's segment or a phone. */
    async look(asker: Asker): Promise<Listed> {
      const [version, allow, deny, ...networks] = await lookScript(
        [keys.list('allow'), keys.list('deny'), keys.listVersion],
        [cached.version, ...phoneNames(asker)],
      )
      if (version !== cached.version) {
        const of = (list: ListName) => createNetworks(networksOf(list, networks))
        cached = { version: String(version), allow: of('allow'), deny: of('deny') }
      }
      return {
        allow: String(allow) || cached.allow(asker.ip),
        deny: String(deny) || cached.deny(asker.ip),
      }
    },

    /** Puts an entry on one list and takes it off the other. It stays for `seconds`, or until removed if 0. */
    async put(list: ListName, { text }: ListEntry, seconds = 0): Promise<void> {
      await putScript(
        [keys.list(list), keys.list(OTHER[list]), keys.listVersion],
        [text, Math.ceil(seconds * 1000)],
      )
    },

    /** Answers false if the entry was not on the list. */
    async remove(list: ListName, { text }: ListEntry): Promise<boolean> {
      const [done] = await removeScript([keys.list(list), keys.listVersion], [text])
      return done === 1
    },

    /** Reads the entries that have not expired. `until` is in ms since 1970, or null for an entry without expiry. */
    async all(list: ListName): Promise<{ text: string; until: number | null }[]> {
      // An expired entry stays in Redis until the next `look`.
      const now = await redisClockMs(redis)
      const held = await asStoreError(
        'list',
        redis.zrange(keys.list(list), `(${now}`, '+inf', 'BYSCORE', 'WITHSCORES'),
      )
      return held.flatMap((text, i) =>
        i % 2 === 0 ? [{ text, until: held[i + 1] === 'inf' ? null : Number(held[i + 1]) }] : [],
      )
    },
  }
}
export type Lists = ReturnType<typeof createLists>

/** Picks the networks of one list out of the script's (list, network) pairs. */
function networksOf(list: ListName, pairs: readonly (string | number)[]): string[] {
  return pairs.flatMap((entry, i) => (i % 2 === 1 && pairs[i - 1] === list ? [String(entry)] : []))
}
