import type { HistoryEvent, PastRequest } from '@sms-codes/core/history/history'
import { showTime, showWord, table } from './output.ts'

const COLUMNS = ['after', 'event', 'channel', 'gateway', 'code', 'took', 'times']
const NUMBERS = ['after', 'took', 'times']
/** What a gateway answers when a worker asks about an earlier message. */
const LOOK_UPS = ['taken', 'refused', 'unknown']

export const isUsed = ({ events }: PastRequest): boolean =>
  events.some((event) => event.kind === 'status' && event.status === 'used')

/** Formats each request as a line and one line below it for each event, with the columns of all requests aligned. */
export function showRequests(requests: readonly PastRequest[]): string[] {
  const [head = '', ...lines] = table(COLUMNS, requests.flatMap(eventRows), NUMBERS)
  let next = 0
  const shown = requests.flatMap((request) => {
    const { at, scene, requestId, events } = request
    const used = isUsed(request) ? 'used' : 'not used'
    const about = requestId === '' ? [] : [used, requestId]
    const ofRequest = lines.slice(next, (next += events.length))
    return [[showTime(at), scene, ...about].join('  '), ...ofRequest.map((line) => `  ${line}`)]
  })
  return [`  ${head}`, ...shown]
}

/** Formats the events of one request as a table with the time of each. */
export const showEvents = (request: PastRequest): string[] =>
  table(
    ['time', ...COLUMNS],
    eventRows(request).map((row, i) => [showTime(request.events[i]?.at ?? request.at), ...row]),
    NUMBERS,
  )

const eventRows = ({ at, events }: PastRequest): string[][] =>
  events.map((event) => [showAfter(event.at - at), ...eventCells(event)])

function eventCells(event: HistoryEvent): string[] {
  const { code, times } = event
  if (event.kind === 'status')
    return [showWord(event.status), '', '', showWord(code), '', times > 1 ? String(times) : '']
  const cls = LOOK_UPS.includes(event.class) ? `look-up: ${event.class}` : showWord(event.class)
  const by = [cls, event.channel, showWord(event.gateway)]
  return [...by, showWord(code), `${event.tookMs} ms`, String(times)]
}

const showAfter = (ms: number): string =>
  ms < 10_000 ? `+${Math.max(0, ms)} ms` : `+${(ms / 1000).toFixed(1)} s`
