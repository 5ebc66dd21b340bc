import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { asStoreError, type RedisClient } from './connect.ts'

/**
 * What a script answers: a kind, values by name, and rows that have the same form. In Lua an answer is written as
 * `{'go', 'fence', 3, 'sealed', text, {'row', 'name', 'value'}}`; the header of a script shortens this to
 * `{'go', fence, sealed}`. `text` and `number` throw a TypeError for a value that is not in the answer.
 */
export type Reply = {
  kind: string
  text: (name: string) => string
  number: (name: string) => number
  rows: readonly Reply[]
}

/**
 * Creates a function that runs a Lua script by its SHA-1. The server gets the text only if the server does not know
 * the script (first use, restart, SCRIPT FLUSH). Nothing has run in that case, so nothing runs twice.
 * @param file the `.lua` file, as `new URL('./lua/claim.lua', import.meta.url)`
 * @param constants local variables at the beginning of the script, for values that never change in a process. As
 *   arguments they would be parsed by Redis in every call: the rules of the admission took 6 % of its CPU as JSON.
 */
export function createScript(redis: RedisClient, file: URL, constants: Record<string, Constant> = {}) {
  const name = basename(file.pathname, '.lua')
  const locals = Object.entries(constants).map(([key, value]) => `local ${key} = ${toLua(value)}\n`)
  const lua = locals.join('') + readScript(file)
  const sha = createHash('sha1').update(lua).digest('hex')

  async function call(keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args)
    } catch (err) {
      if (err instanceof Error && err.message.startsWith('NOSCRIPT'))
        return redis.eval(lua, keys.length, ...keys, ...args)
      throw err
    }
  }

  /** @throws StoreError */
  return async (keys: readonly string[], args: readonly (string | number)[] = []): Promise<Reply> =>
    toReply(name, await asStoreError(name, call(keys, args)))
}

/** Reads a script. `--- @include "name"` includes `name.lua` from the script's folder or from `redis/lua`. */
export function readScript(file: URL): string {
  return readFileSync(file, 'utf8').replace(/^--- @include "([a-z-]+)"$/gm, (_line, name: string) => {
    const beside = new URL(`./${name}.lua`, file)
    return readFileSync(existsSync(beside) ? beside : new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')
  })
}

type Constant = string | number | readonly Constant[] | { readonly [name: string]: Constant }

/** Writes a value as Lua reads it. JSON escapes the texts of our rules, which are ASCII, in the same way as Lua. */
function toLua(value: Constant): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isConstants(value)) return `{${value.map(toLua).join(', ')}}`
  return `{${Object.entries(value)
    .map(([name, one]) => `${name} = ${toLua(one)}`)
    .join(', ')}}`
}

const isConstants = (value: object): value is readonly Constant[] => Array.isArray(value)

function toReply(script: string, answer: unknown): Reply {
  if (!isList(answer)) throw new TypeError(`script ${script}: the answer is not a list`)
  const [kind, ...items] = answer
  if (typeof kind !== 'string')
    throw new TypeError(`script ${script}: the answer does not begin with its kind`)
  const values = new Map<unknown, unknown>()
  const rows: Reply[] = []
  for (let i = 0; i < items.length; i += 1) {
    if (isList(items[i])) rows.push(toReply(script, items[i]))
    else values.set(items[i], items[++i])
  }

  function read(name: string): string | number {
    const value = values.get(name)
    if (typeof value === 'string' || typeof value === 'number') return value
    throw new TypeError(`script ${script}: the answer "${String(kind)}" has no ${name}`)
  }
  return { kind, text: (name) => String(read(name)), number: (name) => Number(read(name)), rows }
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
