import { keys } from '../redis/keys.ts'
import { createNetworks, phoneNames, type Asker, type ListEntry } from './networks.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'

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
  const lookScript = createScript(redis, new URL('./lua/find-listed.lua', import.meta.url))
  const putScript = createScript(redis, new URL('./lua/put-entry.lua', import.meta.url))
  const removeScript = createScript(redis, new URL('./lua/remove-entry.lua', import.meta.url))
  let known = { version: '', allow: createNetworks([]), deny: createNetworks([]) }

  return {
    async look(asker: Asker): Promise<Listed> {
      const found = await lookScript(
        [keys.list('allow'), keys.list('deny'), keys.listVersion],
        [known.version, ...phoneNames(asker)],
      )
      const version = found.text('version')
      if (version !== known.version) {
        const networksOf = (list: ListName) =>
          createNetworks(
            found.rows.filter((row) => row.text('list') === list).map((row) => row.text('entry')),
          )
        known = { version, allow: networksOf('allow'), deny: networksOf('deny') }
      }
      return {
        allow: found.text('allow') || known.allow(asker.ip),
        deny: found.text('deny') || known.deny(asker.ip),
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
      const { kind } = await removeScript([keys.list(list), keys.listVersion], [text])
      return kind === 'removed'
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
