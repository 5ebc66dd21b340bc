import { createHash } from 'node:crypto'
import { asStoreError, type RedisClient } from './connect.ts'

/** What a script of ours answers: a flat list of strings and integers. */
export type Reply = (string | number)[]

/**
 * One Lua script, run by its SHA-1; the server is sent the text only when it does not know it (first
 * use, restart, SCRIPT FLUSH), in which case nothing has run yet.
 * @throws StoreError
 */
export function createScript(redis: RedisClient, name: string, lua: string) {
  const sha = createHash('sha1').update(lua).digest('hex')
  const call = async (keys: string[], args: (string | number)[]): Promise<unknown> => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args)
    } catch (err) {
      if (err instanceof Error && err.message.startsWith('NOSCRIPT'))
        return redis.eval(lua, keys.length, ...keys, ...args)
      throw err
    }
  }
  return async (keys: string[], args: (string | number)[]): Promise<Reply> =>
    toReply(name, await asStoreError(name, call(keys, args)))
}

function toReply(name: string, reply: unknown): Reply {
  if (!Array.isArray(reply)) throw new TypeError(`script ${name} answered no list`)
  return reply.map((item: unknown) => {
    if (typeof item === 'string' || typeof item === 'number') return item
    throw new TypeError(`script ${name} answered something else than strings and integers`)
  })
}
