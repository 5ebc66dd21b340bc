import { keys } from '../redis/keys.ts'
import { createNetworks, phoneNames, type Asker, type ListEntry } from './networks.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { LOOK, PUT, REMOVE } from '../scripts/lists.ts'

export type ListName = 'allow' | 'deny'

/** The text of the entry that names somebody on each list, or null. */
export type Listed = Record<ListName, string | null>

const OTHER = { allow: 'deny', deny: 'allow' } as const

/**
 * Whom an operator always lets in or never, changeable while everything runs. A process keeps a copy of the
 * networks, which only code of ours can search, and is given them anew with the look after a change; all else
 * is looked up where it is.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createLists(redis: RedisClient) {
  const lookScript = createScript(redis, 'look', LOOK)
  const putScript = createScript(redis, 'put', PUT)
  const removeScript = createScript(redis, 'remove', REMOVE)
  let known = { version: '', allow: createNetworks([]), deny: createNetworks([]) }

  return {
    async look(asker: Asker): Promise<Listed> {
      const [version, allow, deny, ...networks] = await lookScript(
        [keys.list('allow'), keys.list('deny'), keys.listVersion],
        [known.version, ...phoneNames(asker)],
      )
      if (version !== known.version) {
        const of = (list: ListName) => createNetworks(networksOf(list, networks))
        known = { version: String(version), allow: of('allow'), deny: of('deny') }
      }
      return {
        allow: String(allow) || known.allow(asker.ip),
        deny: String(deny) || known.deny(asker.ip),
      }
    },

    /** Puts an entry on a list, for good or for some seconds, and takes it off the other. */
    async put(list: ListName, { text }: ListEntry, seconds = 0): Promise<void> {
      await putScript(
        [keys.list(list), keys.list(OTHER[list]), keys.listVersion],
        [text, Math.ceil(seconds * 1000)],
      )
    },

    /** False when it was not there. */
    async remove(list: ListName, { text }: ListEntry): Promise<boolean> {
      const [done] = await removeScript([keys.list(list), keys.listVersion], [text])
      return done === 1
    },

    /** What stands on a list, and until when (ms since 1970, null for good). */
    async all(list: ListName): Promise<{ text: string; until: number | null }[]> {
      const held = await asStoreError('list', redis.zrange(keys.list(list), '0', '-1', 'WITHSCORES'))
      return held.flatMap((text, i) =>
        i % 2 === 0 ? [{ text, until: held[i + 1] === 'inf' ? null : Number(held[i + 1]) }] : [],
      )
    },
  }
}
export type Lists = ReturnType<typeof createLists>

/** The networks of one list out of the pairs of the answer. */
function networksOf(list: ListName, pairs: readonly (string | number)[]): string[] {
  return pairs.flatMap((entry, i) => (i % 2 === 1 && pairs[i - 1] === list ? [String(entry)] : []))
}
