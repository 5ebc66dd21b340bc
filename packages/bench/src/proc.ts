// What the kernel knows about processes. CPU time is user and system time of all threads of a process, so
// it is what a success costs wherever the other core was busy; a rate by the clock is not.
import { readFileSync } from 'node:fs'

// The kernel reports in USER_HZ, which is 100 on every architecture Node runs on.
const TICKS_PER_SECOND = 100

/** @throws Error when the process is gone */
export function cpuSeconds(pid: number): number {
  const stat = read(pid, 'stat')
  // The name stands in brackets and may hold blanks; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export function rssMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status')) ?? []
  return Number(kilobytes) / 1024
}

/** Of the whole machine since it started: seconds its cores were busy, and seconds there were. */
export function machineSeconds() {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? ''
  // user nice system idle iowait irq softirq steal; what follows is counted in user and nice already.
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
