import type { Logger } from '../logger.ts'
import { numberSegment } from '../mobile.ts'
import type { RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'

/** The guard against SMS pumping counts every send in three groups. */
export const GROUPS = ['segment', 'address', 'service'] as const
export type Group = (typeof GROUPS)[number]

/** The fields that decide which segment and which address a send belongs to. `address` is a pseudonym. */
export type Grouped = { address: string; mobile: string }

/** The name of a send's group in keys and findings. */
export const memberOf = (group: Group, { address, mobile }: Grouped): string =>
  ({ segment: numberSegment(mobile), address, service: 'all' })[group]

/** One script for the messages of a quarter of a second, because a script per message costs Redis more than the count. */
const WRITE_EVERY_MS = 250
/** The groups of about five hundred messages. A script with many thousand keys would block Redis. */
const MOST_GROUPS = 1_000

/**
 * The counts of the pumping guard. A worker counts a send when it has recorded that a gateway accepted the send, so an
 * outage of the gateways does not look like SMS pumping. The API counts the verified codes. Counts that cannot be
 * written are logged and lost, and so are, without a line, those of the last quarter of a second of a killed process. A
 * send is not counted if its code was used, or its delivery receipt came, before a worker recorded the acceptance.
 */
export function createGuardCounts(redis: RedisClient, windowSeconds: Record<Group, number>, log: Logger) {
  const script = createScript(redis, new URL('./lua/count-guarded.lua', import.meta.url))
  let gathered = new Map<string, { seconds: number; sends: number; verified: number }>()
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  async function write(counts: typeof gathered): Promise<void> {
    await script([...counts.keys()], [JSON.stringify([...counts.values()])]).catch((err: unknown) =>
      log.warn({ err, groups: counts.size }, 'counts of the pumping guard not written'),
    )
  }

  /** Writes what was gathered, and waits until all of it is written. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const counts = gathered
    gathered = new Map()
    if (counts.size > 0) writing = writing.then(() => write(counts))
    return writing
  }

  function add(grouped: Grouped, sends: number, verified: number): void {
    for (const group of GROUPS) {
      const key = keys.guarded(group, memberOf(group, grouped))
      const count = gathered.get(key) ?? { seconds: windowSeconds[group], sends: 0, verified: 0 }
      gathered.set(key, count)
      count.sends += sends
      count.verified += verified
    }
    if (gathered.size >= MOST_GROUPS) void flush()
    else timer ??= setTimeout(() => void flush(), WRITE_EVERY_MS).unref()
  }

  return {
    /** Counts a send. */
    countSent: (grouped: Grouped): void => add(grouped, 1, 0),
    /** Counts a verified code. */
    countVerified: (grouped: Grouped): void => add(grouped, 0, 1),
    flush,
  }
}
export type GuardCounts = ReturnType<typeof createGuardCounts>
