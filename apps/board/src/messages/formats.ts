import type { Lang } from '@sms-codes/core/history/explain-texts'
import { html, type Html } from './html.ts'

const pad = (value: number, length = 2) => `${Math.trunc(value)}`.padStart(length, '0')

/** The time zone of this process, such as UTC+08:00. */
export function zoneOf(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '-' : '+'}${pad(size / 60)}:${pad(size % 60)}`
}

/** The day and the time in the time zone of this process. */
export function timeOf(ms: number): Html {
  const at = new Date(ms)
  if (Number.isNaN(at.getTime())) return html`–`
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
  return html`<time datetime="${at.toISOString()}"><span class="day">${day}</span> ${time}</time>`
}

const UNITS = {
  zh: { ms: ' 毫秒', s: ' 秒', m: ' 分', h: ' 小时', d: ' 天' },
  en: { ms: ' ms', s: ' s', m: ' min', h: ' h', d: ' d' },
}

/** A time in its two largest units, such as 3 h 5 min. */
export function spanOf(ms: number, lang: Lang): string {
  const unit = UNITS[lang]
  const seconds = Math.round(ms / 1000)
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}${unit.ms}`
  if (seconds < 10) return `${(ms / 1000).toFixed(1)}${unit.s}`
  const parts = [
    { size: 86_400, name: unit.d },
    { size: 3_600, name: unit.h },
    { size: 60, name: unit.m },
    { size: 1, name: unit.s },
  ]
  const first = parts.findIndex(({ size }) => seconds >= size)
  return parts
    .slice(first, first + 2)
    .map(({ size, name }, i) => ({
      value: Math.floor((i === 0 ? seconds : seconds % (parts[first]?.size ?? 1)) / size),
      name,
    }))
    .filter(({ value }) => value > 0)
    .map(({ value, name }) => `${value}${name}`)
    .join(' ')
}

export const countOf = (count: number): string => count.toLocaleString('en-US')

/** A share as a number from 0, or null of nothing. It may exceed 1, because a period cuts a send from its end. */
export const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

export const percentOf = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(share >= 0.9995 || share === 0 ? 0 : 1)} %`

/** A bar for a share. The figure beside it says the same. */
export const barOf = (share: number | null, tone = ''): Html => {
  const width = Math.min(100, Math.max(0, (share ?? 0) * 100)).toFixed(1)
  return html`<svg class="bar ${tone}" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="4" />
    <rect class="fill" width="${width}" height="4" />
  </svg>`
}
