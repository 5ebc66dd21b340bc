// Figures that a Redis server reports about itself.
import type { Redis } from 'ioredis'

export type RedisReading = { scripts: number; cpuSeconds: number }

/** The scripts that the server has run, and its CPU time. INFO is more precise than the ticks of /proc. */
export async function readRedis(redis: Redis): Promise<RedisReading> {
  const [stats, cpu] = [await redis.info('commandstats'), await redis.info('cpu')]
  const calls = (command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  const used = (kind: string) => Number(new RegExp(`used_cpu_${kind}:([0-9.]+)`).exec(cpu)?.[1])
  return { scripts: calls('evalsha') + calls('eval'), cpuSeconds: used('user') + used('sys') }
}

/**
 * Counts the commands that clients send, by name, until the returned function is called. The commands inside scripts
 * are not counted. The server sends every command to this process, so no CPU time may be measured meanwhile.
 */
export async function countCommands(redis: Redis): Promise<() => Map<string, number>> {
  const counts = new Map<string, number>()
  const monitor = await redis.monitor()
  monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
    if (source === 'lua') return
    const name = command.toLowerCase()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  })
  return () => {
    monitor.disconnect()
    // Lines that are under way still arrive.
    return new Map(counts)
  }
}
