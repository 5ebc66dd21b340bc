// A primary, its replica and the Sentinels that watch them, for tests of a failover. All of them are
// children of the test process on free ports of the loopback.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUpAtExit } from '@sms-codes/launcher/cleanup-at-exit'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess } from '@sms-codes/launcher/processes'
import { findRedis, startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { serverProgram } from '@sms-codes/launcher/redis-server'
import { ask } from './commands.ts'

const NAME = 'primary'
const READY_TIMEOUT_MS = 30_000

export type RedisSentinel = Awaited<ReturnType<typeof startRedisSentinel>>

/**
 * @param downAfterMs time without an answer after which a Sentinel considers a server down
 * @param count number of Sentinels. More than half of them agree on a failover.
 */
export async function startRedisSentinel({ downAfterMs = 1_000, count = 3 } = {}) {
  const primary = await startRedis({ persistent: true })
  const replica = await startRedis({ persistent: true })
  const sentinels = await Promise.all(
    Array.from({ length: count }, () =>
      startSentinel({ primaryPort: primary.port, downAfterMs, quorum: Math.floor(count / 2) + 1 }),
    ),
  )
  const servers: RedisServer[] = [primary, replica]
  const stop = async (): Promise<void> => {
    await Promise.all(sentinels.map((sentinel) => sentinel.stop()))
    await Promise.all(servers.map((server) => server.stop()))
  }
  try {
    await ask(replica.port, `REPLICAOF 127.0.0.1 ${primary.port}`)
    await until(async () => /master_link_status:up/.test(await ask(replica.port, 'INFO replication')))
    for (const { port } of sentinels)
      await until(async () => {
        const seen = await ask(port, `SENTINEL MASTER ${NAME}`)
        const others = seen.includes(`num-other-sentinels\r\n$1\r\n${count - 1}\r\n`)
        return others && seen.includes('num-slaves\r\n$1\r\n1\r\n')
      })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    name: NAME,
    ports: sentinels.map(({ port }) => port),
    primary,
    replica,
    /** The port of the server that the Sentinels currently consider the primary. */
    async primaryPort(): Promise<number> {
      const answer = await ask(sentinels[0]?.port ?? 0, `SENTINEL GET-MASTER-ADDR-BY-NAME ${NAME}`)
      return Number(/\r\n(\d+)\r\n$/.exec(answer)?.[1])
    },
    /** Starts a killed server again on its port. The Sentinels then assign its role. */
    async startAgain({ port }: RedisServer): Promise<void> {
      servers.push(await startRedis({ port, persistent: true }))
    },
    stop,
  }
}

type SentinelOptions = { primaryPort: number; downAfterMs: number; quorum: number }

async function startSentinel({ primaryPort, downAfterMs, quorum }: SentinelOptions) {
  const binary = findRedis()
  if (binary === null) throw new Error('no redis-server or valkey-server on the PATH')
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-sentinel-'))
  const removeDir = () => rmSync(dir, { recursive: true, force: true })
  const cancelCleanup = cleanUpAtExit(removeDir)
  const cleanUp = (): void => {
    cancelCleanup()
    removeDir()
  }
  // A Sentinel rewrites its configuration file, so it needs one.
  const config = join(dir, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} ${quorum}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} 10000`,
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const child = await startProcess({
    name: 'sentinel',
    command: serverProgram(binary, dir),
    args: [config, '--sentinel'],
    cwd: dir,
    onLine: () => {},
  })
  void child.exited.then(cleanUp)
  child.unref()
  return { port, stop: child.stop }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS
  while (!(await holds().catch(() => false))) {
    if (Date.now() > giveUpAt) throw new Error('the Sentinels were not ready in time')
    await sleep(50)
  }
}
