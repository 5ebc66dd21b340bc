import { randomId } from '../keyring.ts'
import { keys } from '../redis/keys.ts'
import { createNetworks, phoneNames, type Asker, type ListEntry } from './networks.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript, type Reply } from '../redis/script.ts'

export type ListName = 'allow' | 'deny'

/** The text of the entry that matches on each list, or null. */
type Listed = Record<ListName, string | null>

/**
 * The networks of both lists, as this process knows them. Redis cannot match CIDRs, so each process caches the networks
 * and learns them again from a script when their version changes.
 */
export function createListedNetworks() {
  const none = createNetworks([])
  let known = { version: '', allow: none, deny: none }
  return {
    version: (): string => known.version,
    /** Finds the network of each list that contains the address. */
    of: (ip: string): Listed => ({ allow: known.allow(ip), deny: known.deny(ip) }),
    /** Takes over the networks of an answer. */
    learn({ text, rows }: Pick<Reply, 'text' | 'rows'>): void {
      const networksOf = (list: ListName) => {
        const own = rows.filter((row) => row.kind === 'network' && row.text('list') === list)
        return createNetworks(own.map((row) => row.text('entry')))
      }
      known = { version: text('version'), allow: networksOf('allow'), deny: networksOf('deny') }
    },
  }
}

/**
 * The operators' allow list and deny list. A change applies to every process at once: networks have a version, and all
 * other entries are looked up in Redis. Every method throws StoreError when Redis does not answer.
 */
export function createLists(redis: RedisClient) {
  const lookScript = createScript(redis, new URL('./lua/find-listed.lua', import.meta.url))

  return {
    /** Finds the entries that match a client address, a number's segment or a phone. */
    async look(asker: Asker): Promise<Listed> {
      const found = await lookScript(
        [keys.list('allow'), keys.list('deny'), keys.listVersion],
        phoneNames(asker),
      )
      const networks = createListedNetworks()
      networks.learn(found)
      const { allow, deny } = networks.of(asker.ip)
      return { allow: found.text('allow') || allow, deny: found.text('deny') || deny }
    },

    /** Puts an entry on one list and takes it off the other. The entry stays for `seconds`, or without end if 0. */
    async put(list: ListName, { text }: ListEntry, seconds = 0): Promise<void> {
      const other = list === 'allow' ? 'deny' : 'allow'
      const until = seconds === 0 ? '+inf' : Math.ceil((await redisClockMs(redis)) + seconds * 1000)
      const change = redis.multi().zrem(keys.list(other), text).zadd(keys.list(list), until, text)
      await asStoreError('list', change.set(keys.listVersion, randomId()).exec())
    },

    /** Removes an entry. Answers false if the entry was not on the list. */
    async remove(list: ListName, { text }: ListEntry): Promise<boolean> {
      const change = redis.multi().zrem(keys.list(list), text).set(keys.listVersion, randomId())
      const [[, removed] = []] = (await asStoreError('list', change.exec())) ?? []
      return removed === 1
    },

    /** Reads the entries that have not expired. `until` is in ms since 1970, or null for an entry without expiry. */
    async all(list: ListName): Promise<{ text: string; until: number | null }[]> {
      // An expired entry stays in Redis until the next look-up.
      const now = await redisClockMs(redis)
      const reading = redis.zrange(keys.list(list), `(${now}`, '+inf', 'BYSCORE', 'WITHSCORES')
      const held = await asStoreError('list', reading)
      return held.flatMap((text, i) =>
        i % 2 === 0 ? [{ text, until: held[i + 1] === 'inf' ? null : Number(held[i + 1]) }] : [],
      )
    },
  }
}
export type Lists = ReturnType<typeof createLists>
