import { performance } from 'node:perf_hooks'
import { cpuSeconds, machineSeconds } from './proc.ts'

/** The measured processes besides this one, which is the load generator. */
export type Metered = { serverPid: number; redisPid: number }
export type Reading = ReturnType<ReturnType<typeof startMeter>>

/** Reads the CPU counters. The returned function reads them again and returns the differences. */
export function startMeter({ serverPid, redisPid }: Metered) {
  const read = () => ({
    wall: performance.now() / 1000,
    server: cpuSeconds(serverPid),
    redis: cpuSeconds(redisPid),
    generator: cpuSeconds(process.pid),
    machine: machineSeconds(),
  })
  const before = read()
  return () => {
    const after = read()
    const serverCpu = after.server - before.server
    const redisCpu = after.redis - before.redis
    const generatorCpu = after.generator - before.generator
    const busy = after.machine.busy - before.machine.busy
    const all = after.machine.all - before.machine.all
    return {
      seconds: after.wall - before.wall,
      serverCpu,
      redisCpu,
      generatorCpu,
      /** Share of the machine's CPU time that other processes took. It includes the kernel's work for our sockets. */
      others: all > 0 ? Math.max(0, busy - serverCpu - redisCpu - generatorCpu) / all : 0,
    }
  }
}
