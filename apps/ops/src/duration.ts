import { usageError } from './ops-error.ts'

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const LONGEST_DAYS = 3_650

/** `90s`, `30m`, `2h` or `7d` in seconds. @throws OpsError that names the option */
export function parseDuration(option: string, text: string): number {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? 0)
  if (seconds < 1 || seconds > LONGEST_DAYS * 86_400)
    throw usageError(`${option}: must be a time such as 90s, 30m, 2h or 7d, ${LONGEST_DAYS}d at most`)
  return seconds
}

/** Seconds as a person reads them: `42 s`, `12 min`, `3 h`, `5 d`; rounded up, because people wait for it. */
export function showSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`
  if (seconds < 7_200) return `${Math.ceil(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.ceil(seconds / 3_600)} h`
  return `${Math.ceil(seconds / 86_400)} d`
}
