// Figures of processes from /proc. CPU time is the user and system time of all threads of a process. Unlike a
// rate per second, it does not depend on what else the machine does.
import { readFileSync } from 'node:fs'

// The kernel reports in USER_HZ, which is 100 on every architecture Node runs on.
const TICKS_PER_SECOND = 100

/** @throws Error when the process has ended */
export function cpuSeconds(pid: number): number {
  const stat = read(pid, 'stat')
  // The name is in brackets and may contain spaces. utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export function rssMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status')) ?? []
  return Number(kilobytes) / 1024
}

/** Seconds of all cores since the machine started: those in use, and all. */
export function machineSeconds() {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? ''
  // Fields: user nice system idle iowait irq softirq steal. Later fields are already part of user and nice.
  const ticks = line.split(/\s+/).slice(1, 9).map(Number)
  const all = ticks.reduce((sum, each) => sum + each, 0)
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0)
  return { busy: (all - idle) / TICKS_PER_SECOND, all: all / TICKS_PER_SECOND }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (cause) {
    throw new Error(`process ${pid}, which was being measured, has ended`, { cause })
  }
}
