import type { Redis } from 'ioredis'

/** Keys that may change when a request is refused: counters of addresses, sends and wrong guesses, and histories. */
const COUNTER = /:(images|verifies)(:|$)|^sms:\{gate\}:|:misses:|:guesses:|:history$/
const COUNTER_FIELDS = ['guesses_without_id']

/** Everything in Redis except counters, by key. */
export async function heldIn(redis: Redis): Promise<Map<string, string>> {
  const names = (await redis.keys('*')).filter((name) => !COUNTER.test(name)).toSorted()
  const values = await Promise.all(
    names.map(async (name) => {
      const fields = (await redis.type(name)) === 'hash' ? await redis.hgetall(name) : null
      if (fields === null) return (await redis.dumpBuffer(name)).toString('base64')
      const lasting = Object.keys(fields).filter((field) => !COUNTER_FIELDS.includes(field))
      // Redis changes the order of the fields, even when a field is only read.
      return JSON.stringify(fields, lasting.toSorted())
    }),
  )
  return new Map(names.map((name, i) => [name, values[i] ?? '']))
}

/** Describes the forbidden changes of a refused request. @param mayLook the picture may be consumed */
export function changesOf(
  before: Map<string, string>,
  after: Map<string, string>,
  mayLook: boolean,
): string[] {
  const written = [...after].flatMap(([name, value]) => (before.get(name) === value ? [] : [`wrote ${name}`]))
  const gone = [...before.keys()].filter((name) => !after.has(name) && !(mayLook && name.startsWith('img_')))
  return [...written, ...gone.map((name) => `deleted ${name}`)]
}
