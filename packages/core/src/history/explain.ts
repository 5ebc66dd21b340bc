import type { Channel } from '../codes/send.ts'
import { BALANCE, CAUSES, REFUSALS } from './explain-causes.ts'
import { LATE, LATE_AT_MOST, PREFIXES } from './explain-phrases.ts'
import { ENDS, type Lang, type Side } from './explain-texts.ts'

type CallEvent = { kind: 'call'; at: number; channel: Channel; gateway: string; class: string; code: string }
type StatusEvent = { kind: 'status'; at: number; status: string; code: string }
/** What the explanation needs of a request of the history: when it came, and its events, the oldest first. */
type Told = { at: number; events: readonly (CallEvent | StatusEvent)[] }

export type Explanation = { what: string; side: Side; advice: string }

type Entry = (typeof ENDS)['used'] | (typeof CAUSES)[string]

/** A look-up that found nothing leaves the call before it unclear. */
const SAME: Readonly<Record<string, string>> = { unknown: 'ambiguous' }
const TOOK = ['accepted', 'duplicate', 'taken']
/** The classes of calls with which the message may have left. */
const UNCLEAR = ['ambiguous', 'no_answer']
/** The statuses of a send whose message has left. */
const LEFT = ['sent', 'fell_back', 'delivered']
/** The explanation says of a message that it left late if it left later than this after its request. */
const LATE_MS = 5_000
const NAMELESS = { zh: '网关', en: 'The gateway' }

/** Says in one or two sentences what happened to a request, where its cause lies, and what to do. */
export function explain({ at, events }: Told, lang: Lang): Explanation {
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
  /** Why a message that arrived left late, or ''. */
  function delay(): string {
    const left = events.findIndex((event) =>
      event.kind === 'call' ? TOOK.includes(event.class) : LEFT.includes(event.status),
    )
    const ms = (events[left]?.at ?? at) - at
    if (ms < LATE_MS) return ''
    const call = tellingCall(events.slice(0, left))
    const cause = call && causeOf(call)
    const { what } = cause ? say(cause, by(call.gateway, call.code)) : { what: LATE[lang][1] }
    const gap = lang === 'en' ? ' ' : ''
    const isUnclear = calls.some((one) => one.at - at < LATE_MS && UNCLEAR.includes(one.class))
    const late = isUnclear ? LATE_AT_MOST[lang] : LATE[lang][0]
    return `${gap}${late.replace('{seconds}', (ms / 1000).toFixed(1))}${gap}${what}`
  }
  const because = (prefix: keyof typeof PREFIXES, orElse: keyof typeof ENDS): Explanation => {
    const call = tellingCall(events)
    const cause = call && causeOf(call)
    if (call === undefined || cause === undefined) return say(ENDS[orElse], '')
    return say(cause, by(call.gateway, call.code), PREFIXES[prefix][lang])
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
  // A failed mail ends the send with the reason for which the SMS failed.
  if (status === 'failed' && lastCall?.channel === 'email' && lastCall.class === 'number')
    return say(ENDS.mail_refused, lang === 'zh' ? `（${lastCall.code}）` : ` (${lastCall.code})`)
  if (name === 'late' || name === 'no_gateway') return because(name, name)
  if (name === 'undelivered') {
    const receipt = statuses.findLast((event) => event.status === 'undelivered')
    return say(ENDS.undelivered, by(taker?.gateway, receipt?.code))
  }
  if (name === 'moved') {
    const call = events.slice(0, events.indexOf(end)).findLast((event) => event.kind === 'call')
    return say(ENDS.moved, by(call?.gateway, call && TOOK.includes(call.class) ? code : call?.code))
  }
  if (name === 'number' || name === 'number_limit' || name === 'ambiguous') {
    const unclear = calls.filter(({ class: cls }) => UNCLEAR.includes(cls))
    const call = (name === 'ambiguous' ? unclear : calls.filter(({ channel }) => channel === 'sms')).at(-1)
    const isTwice = name === 'ambiguous' && new Set(unclear.map(({ gateway }) => gateway)).size > 1
    return say(isTwice ? ENDS.ambiguous_twice : ENDS[name], by(call?.gateway, call?.code))
  }
  const told = say(isEnd(name) ? ENDS[name] : ENDS.no_gateway, by(taker?.gateway))
  return { ...told, what: told.what + delay() }
}

/** The status that tells most. A verified code and a delivery are certain, whatever was recorded after them. */
export function endOf(events: Told['events']): StatusEvent | undefined {
  const statuses = events.filter((event) => event.kind === 'status')
  const certain = ['used', 'delivered'].map((name) => statuses.find(({ status }) => status === name))
  return certain.find((event) => event !== undefined) ?? statuses.at(-1)
}

/** The call that tells the cause: the newest one, but an open breaker only repeats what an earlier call has answered. */
function tellingCall(events: Told['events']): CallEvent | undefined {
  const calls = events.filter((event) => event.kind === 'call')
  return calls.findLast(({ code }) => code !== 'BREAKER_OPEN') ?? calls.at(-1)
}

function causeOf({ class: cls, code }: CallEvent): Entry | undefined {
  const isBalance = cls === 'config' && BALANCE.test(code)
  const isOurProxy = code.startsWith('PROXY_')
  const name = isOurProxy ? 'proxy' : isBalance ? 'balance' : (SAME[cls] ?? (cls === 'skipped' ? code : cls))
  if (Object.hasOwn(CAUSES, name)) return CAUSES[name]
  return isEnd(name) ? ENDS[name] : undefined
}

const isEnd = (name: string): name is keyof typeof ENDS => Object.hasOwn(ENDS, name)
