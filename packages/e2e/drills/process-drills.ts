// The drills of our own processes and of Redis.
import { setTimeout as sleep } from 'node:timers/promises'
import { each, replaceApi, replaceWorker, withNewKey, type Drill, type Rig } from './drill.ts'

const HALF_ROLLED_MS = 10_000

export const pidOfRedis = ({ system }: Rig) => system.redisServer().pid

export const PROCESS_DRILLS: readonly Drill[] = [
  {
    name: 'worker-killed',
    title: 'one of three workers is killed, and replaced after 5 s',
    seconds: 5,
    isQuick: true,
    promises: {},
    breakIt: ({ system }) => system.workers[0]?.process.kill(),
    mend: async ({ system }) => (system.workers[0] = await system.startWorker()),
  },
  {
    name: 'workers-killed',
    title: 'all workers are killed, and replaced after 30 s',
    seconds: 30,
    promises: {},
    breakIt: ({ system }) => Promise.all(system.workers.map(({ process }) => process.kill())),
    mend: async ({ system }) => {
      for (const i of system.workers.keys()) system.workers[i] = await system.startWorker()
    },
  },
  {
    name: 'api-killed',
    title: 'one of two API processes is killed, and replaced after 5 s',
    seconds: 5,
    isQuick: true,
    promises: { mayCutAnswers: true },
    breakIt: ({ system }) => system.apis[0]?.process.kill(),
    mend: (rig) => replaceApi(rig, 0),
  },
  {
    name: 'rolling-restart',
    title: 'every API and worker process is replaced, one after the other',
    seconds: 0,
    promises: {},
    breakIt: async (rig) => {
      await each(rig.system.workers, (i) => replaceWorker(rig, i))
      await each(rig.system.apis, (i) => replaceApi(rig, i))
    },
  },
  {
    name: 'keys-api-first',
    title: 'a new code key reaches the API first, and the workers 10 s later',
    seconds: 0,
    isQuick: true,
    promises: {},
    breakIt: async (rig) => {
      await each(rig.system.apis, (i) => replaceApi(rig, i, withNewKey(rig)))
      await sleep(HALF_ROLLED_MS)
      await each(rig.system.workers, (i) => replaceWorker(rig, i, withNewKey(rig)))
    },
  },
  {
    name: 'keys-half-api',
    title: 'a new code key reaches the workers, one API process, and 10 s later the other',
    seconds: 0,
    promises: {},
    breakIt: async (rig) => {
      await each(rig.system.workers, (i) => replaceWorker(rig, i, withNewKey(rig)))
      await replaceApi(rig, 0, withNewKey(rig))
      await sleep(HALF_ROLLED_MS)
      await replaceApi(rig, 1, withNewKey(rig))
    },
  },
]

export const REDIS_DRILLS: readonly Drill[] = [
  {
    name: 'redis-killed',
    title: 'Redis is killed, and restarted after 2 s on the same append-only file',
    seconds: 2,
    isQuick: true,
    promises: { mayCutAnswers: true },
    breakIt: ({ system }) => system.restartRedis(2_000),
  },
  {
    name: 'redis-hung',
    title: 'Redis is stopped (SIGSTOP) for 10 s',
    seconds: 10,
    promises: { mayCutAnswers: true },
    breakIt: (rig) => process.kill(pidOfRedis(rig), 'SIGSTOP'),
    mend: (rig) => process.kill(pidOfRedis(rig), 'SIGCONT'),
  },
  {
    name: 'sentinel-failover',
    title: 'the primary is killed, and Sentinels make its replica the primary',
    seconds: 10,
    hasSentinel: true,
    // Replication is asynchronous: the newest acknowledged writes may be lost.
    promises: { mayLose: { from: -1, to: 1 }, mayCutAnswers: true },
    breakIt: ({ sentinel }) => sentinel?.primary.kill(),
    mend: ({ sentinel }) => sentinel?.startAgain(sentinel.primary),
  },
]
