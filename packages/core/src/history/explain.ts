import type { Channel } from '../codes/send.ts'
import { BALANCE, CAUSES, REFUSALS } from './explain-causes.ts'
import { ENDS, PREFIXES, type Lang, type Side } from './explain-texts.ts'

type CallEvent = { kind: 'call'; channel: Channel; gateway: string; class: string; code: string }
type StatusEvent = { kind: 'status'; status: string; code: string }
/** What the explanation needs of a request of the history: its events, the oldest first. */
type Told = { events: readonly (CallEvent | StatusEvent)[] }

export type Explanation = { what: string; side: Side; advice: string }

type Entry = (typeof ENDS)['used'] | (typeof CAUSES)[string]

/** A look-up that found nothing leaves the call before it unclear. */
const SAME: Readonly<Record<string, string>> = { unknown: 'ambiguous' }
const TOOK = ['accepted', 'duplicate', 'taken']
const NAMELESS = { zh: '网关', en: 'The gateway' }

/** Says in one or two sentences what happened to a request, where its cause lies, and what to do. */
export function explain({ events }: Told, lang: Lang): Explanation {
  const calls = events.filter((event) => event.kind === 'call')
  const statuses = events.filter((event) => event.kind === 'status')
  const lastCall = calls.at(-1)
  const taker = calls.findLast((call) => TOOK.includes(call.class))
  const by = (gateway = '', code = '') => `${gateway || NAMELESS[lang]}${code === '' ? '' : ` (${code})`}`
  const say = (entry: Entry, named: string, prefix = ''): Explanation => {
    const [what, advice] = entry[lang]
    const gap = lang === 'en' && prefix !== '' ? ' ' : ''
    return { side: entry.side, what: `${prefix}${gap}${what.replace('{by}', () => named)}`, advice }
  }
  const because = (prefix: keyof typeof PREFIXES, orElse: keyof typeof ENDS): Explanation => {
    const cause = lastCall && causeOf(lastCall)
    if (lastCall === undefined || cause === undefined) return say(ENDS[orElse], '')
    return say(cause, by(lastCall.gateway, lastCall.code), PREFIXES[prefix][lang])
  }

  const end = endOf(events)
  if (end === undefined && lastCall !== undefined && lastCall === taker)
    return say(ENDS.sent, by(taker.gateway))
  if (end === undefined) return because('open', 'queued')
  const { status, code } = end
  if (status === 'refused') {
    const entry = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
    return say(entry ?? REFUSALS.limit, code)
  }
  const name = status === 'failed' ? code : status
  if (name === 'late' || name === 'no_gateway') return because(name, name)
  if (name === 'undelivered') {
    const receipt = statuses.findLast((event) => event.status === 'undelivered')
    return say(ENDS.undelivered, by(taker?.gateway, receipt?.code))
  }
  if (name === 'number' || name === 'number_limit' || name === 'ambiguous' || name === 'moved')
    return say(ENDS[name], by(lastCall?.gateway, lastCall?.code))
  return say(isEnd(name) ? ENDS[name] : ENDS.no_gateway, by(taker?.gateway))
}

/** The status that tells most. A verified code and a delivery are certain, whatever was recorded after them. */
export function endOf(events: Told['events']): StatusEvent | undefined {
  const statuses = events.filter((event) => event.kind === 'status')
  const certain = ['used', 'delivered'].map((name) => statuses.find(({ status }) => status === name))
  return certain.find((event) => event !== undefined) ?? statuses.at(-1)
}

function causeOf({ class: cls, code }: CallEvent): Entry | undefined {
  const isBalance = cls === 'config' && BALANCE.test(code)
  const name = isBalance ? 'balance' : (SAME[cls] ?? (cls === 'skipped' ? code : cls))
  if (Object.hasOwn(CAUSES, name)) return CAUSES[name]
  return isEnd(name) ? ENDS[name] : undefined
}

const isEnd = (name: string): name is keyof typeof ENDS => Object.hasOwn(ENDS, name)
