// One Redis and the programs that are measured on it.
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { ensureRedisBinary, startRedis } from '@sms-codes/launcher/redis'
import { startProcess } from '@sms-codes/launcher/processes'
import { createPrograms, PROJECT_DIR, type AppName, type Say } from './start-programs.ts'

export type Stack = Awaited<ReturnType<typeof startStack>>

/** Builds only what is measured, so that a fault in another app does not stop the benchmark. */
export async function build(say: Say, names: readonly (AppName | 'bench')[]): Promise<void> {
  say(`build: turbo run build, for ${names.join(', ')}`)
  const turbo = await startProcess({
    name: 'build',
    script: join(PROJECT_DIR, 'node_modules/.bin/turbo'),
    args: ['run', 'build', ...names.map((name) => `--filter=@sms-codes/${name}`)],
    cwd: PROJECT_DIR,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    onLine: () => {},
  })
  const { code } = await turbo.exited
  if (code !== 0) throw new Error(['the build failed:', ...turbo.lastLines()].join('\n'))
}

/** Starts an empty Redis, and returns it with functions that start the measured programs. */
export async function startStack(say: Say, profileDir: string | null = null) {
  const binary = await ensureRedisBinary({ say })
  const server = await startRedis({ binary })
  // No limit of retries, because preparing a round sends tens of thousands of commands at once.
  const redis = new Redis(server.url, { maxRetriesPerRequest: null })
  redis.on('error', (err) => say(`redis: ${err.message}`))
  const programs = createPrograms({ say, redisUrl: server.url, profileDir })
  return {
    ...programs,
    redis,
    redisPid: server.pid,
    async close() {
      await programs.close()
      redis.disconnect()
      await server.stop()
    },
  }
}
