import type { Results } from '../run.ts'
import { besideSeed, inBare, medianOf, REFERENCE_BARE_MICROS } from './reference.ts'

/** A goal and its figure. `isKept` is null if this run did not measure the figure. */
export type Goal = { goal: string; figure: string; isKept: boolean | null }

const NOT_MEASURED = 'not measured'

function judge(
  goal: string,
  figure: number | null,
  digits: number,
  unit: string,
  keeps: (figure: number) => boolean,
) {
  if (figure === null) return { goal, figure: NOT_MEASURED, isKept: null }
  return { goal, figure: `${figure.toFixed(digits)}${unit}`, isKept: keeps(figure) }
}
const atMost = (goal: string, most: number, figure: number | null, digits = 2, unit = ''): Goal =>
  judge(goal, figure, digits, unit, (value) => value <= most)
const atLeast = (goal: string, least: number, figure: number | null, digits = 1, unit = ''): Goal =>
  judge(goal, figure, digits, unit, (value) => value >= least)

/** The goals of the project. */
export function goalsOf(results: Results): Goal[] {
  return [...costGoals(results), ...loadGoals(results), ...storageGoals(results)]
}

function costGoals(results: Results): Goal[] {
  const { summaries, oneCode } = results
  const summaryOf = (name: string) => summaries.find((summary) => summary.name === name)
  const floor = (name: string) => medianOf(summaryOf(name)?.timesFloor)
  const redisFloor = medianOf(summaryOf('send')?.timesFloorRedis)
  const [seed0, seed50] = besideSeed(results)
  // A count is the same for every code, so a fraction comes from what the processes do on their own.
  const scripts = (of: 'idle' | 'busy') => (oneCode === null ? null : Math.round(oneCode[of].scripts))
  const micros = (value: number) => (value / REFERENCE_BARE_MICROS).toFixed(0)
  const inBareOf = (value: number | undefined) =>
    value === undefined || oneCode === null ? null : value / oneCode.bareMicros
  return [
    atMost('a send: at most 1.7 × the CPU of its floor', 1.7, floor('send')),
    atMost('a send: at most 1.8 × the Redis CPU of its floor', 1.8, redisFloor),
    atMost('a verify: at most 1.7 × the CPU of its floor', 1.7, floor('verify')),
    atMost('a job of the worker: at most 1.4 × the CPU of its floor', 1.4, floor('worker, gateway of 0 ms')),
    atMost(
      `a picture: at most the CPU of ${micros(500)} requests to bare Fastify`,
      500 / REFERENCE_BARE_MICROS,
      inBare(results, 'image code'),
      1,
    ),
    atMost('one code, idle workers: at most 13 scripts', 13, scripts('idle'), 0),
    atMost('one code, under load: at most 11 scripts', 11, scripts('busy'), 0),
    atMost(
      `one code, under load: at most the Redis CPU of ${micros(250)} requests to bare Fastify`,
      250 / REFERENCE_BARE_MICROS,
      inBareOf(oneCode?.busy.redisMicros),
      1,
    ),
    atLeast('API and worker: at least 9 × the seed with Celery', 9, seed0?.times ?? null),
    atLeast('the same with a gateway of 50 ms: at least 15 ×', 15, seed50?.times ?? null),
  ]
}

function loadGoals({ steadyLoad, startUp, backlog }: Results): Goal[] {
  const million = backlog?.find(({ waiting }) => waiting === 1_000_000)
  const seconds = (of: 'api' | 'worker') => {
    const readyMs = medianOf(startUp?.[of])
    return readyMs === null ? null : readyMs / 1000
  }
  const rss = steadyLoad?.rssMegabytes
  return [
    atMost('500 sends a second: p99 at most 25 ms', 25, steadyLoad?.p99Ms ?? null, 1, ' ms'),
    atMost(
      'accepted → at the gateway: median at most 10 ms',
      10,
      steadyLoad?.toGatewayMs.p50 ?? null,
      1,
      ' ms',
    ),
    atLeast(
      '1,000,000 jobs waiting: at least 0.9 × the throughput of an empty queue',
      0.9,
      medianOf(million?.throughput),
      2,
    ),
    atMost('API after 5,000 sends: at most 110 MB', 110, rss?.api ?? null, 0, ' MB'),
    atMost('worker after 5,000 sends: at most 100 MB', 100, rss?.worker ?? null, 0, ' MB'),
    atMost('API: ready after at most 1 s', 1, seconds('api'), 2, ' s'),
    atMost('worker: ready after at most 1 s', 1, seconds('worker'), 2, ' s'),
  ]
}

function storageGoals({ storage, cluster }: Results): Goal[] {
  const gigabytes = (withKey: boolean) =>
    storage?.find(({ hasIdempotencyKey }) => hasIdempotencyKey === withKey)?.gigabytesOfMillion ?? null
  const growing = storage === null ? null : new Set(storage.flatMap((one) => one.growing)).size
  const busiest = cluster === null ? null : 100 * Math.max(...cluster.nodes.map(({ commands }) => commands))
  return [
    atMost('a day of 1,000,000 codes: at most 0.35 GB of Redis', 0.35, gigabytes(false), 2, ' GB'),
    atMost('the same with an Idempotency-Key each: at most 0.5 GB', 0.5, gigabytes(true), 2, ' GB'),
    atMost('no key grows by a member for each message of the service', 0, growing, 0),
    atMost('Cluster of 3, 4 shards: at most 45 % of the commands on one node', 45, busiest, 0, ' %'),
    atMost('Cluster: no script touches two slots', 0, cluster?.crossings ?? null, 0),
    atMost('Cluster: no accepted message is lost', 0, cluster?.tally.lost ?? null, 0),
  ]
}
