import { keys } from '../redis/keys.ts'

/** Names one send of one request: a request that is re-sent keeps its `rid` and gets the next number. */
export type Send = { rid: string; scene: string; n: number }

/** By which way a message goes: over SMS gateways, or as mail where those could not. */
export type Channel = 'sms' | 'email'

/** A request id is `<pseudonym of the phone>.<random>`: enough to find the record, nothing to learn from. */
export const REQUEST_ID_PATTERN = '^[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{22}$'

export const phoneOf = (rid: string) => rid.slice(0, rid.indexOf('.'))

/** The two keys that every script about a send takes, in this order. */
export const sendKeys = ({ rid, scene }: Pick<Send, 'rid' | 'scene'>) => [
  keys.code(phoneOf(rid), scene),
  keys.sends(phoneOf(rid)),
]
