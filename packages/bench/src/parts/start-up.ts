import type { Bench } from '../bench.ts'
import { API_ENV, API_POLICY } from '../api-env.ts'
import { startGateway } from '../gateway.ts'
import type { AppName } from '../start-programs.ts'
import { spreadOf, type Spread } from '../statistics.ts'

const STARTS = 5

export type StartUp = Record<AppName, Spread | null>

/** Measures the milliseconds from the start of a process to its first answer `ready`. */
export async function benchStartUp({ stack, progress }: Bench): Promise<StartUp> {
  await stack.redis.flushall('SYNC')
  const gateway = await startGateway()
  async function startsOf(
    name: AppName,
    env: Record<string, string>,
    policy: object,
  ): Promise<Spread | null> {
    const readyMs: number[] = []
    for (let start = 1; start <= STARTS; start += 1) {
      const app = await stack.startApp(name, env, policy)
      readyMs.push(app.readyMs)
      progress.say(`start ${start}/${STARTS} of ${name}: ready after ${app.readyMs.toFixed(0)} ms`)
      await app.stop()
    }
    return spreadOf(readyMs)
  }
  const startUp = {
    api: await startsOf('api', API_ENV, API_POLICY),
    worker: await startsOf('worker', gateway.worker.env, gateway.worker.policy),
  }
  await gateway.close()
  return startUp
}
