import { keys } from '../redis/keys.ts'

/** One send of one request. A request that is sent again keeps its `rid` and gets the next number `n`, from 1. */
export type Send = { rid: string; scene: string; n: number }

/** How a message travels: through an SMS gateway, or as mail if SMS failed (the fallback). */
export type Channel = 'sms' | 'email'

/** A request id is `<pseudonym of the phone>.<random>`. The id leads to the record and does not reveal the number. */
export const REQUEST_ID_PATTERN = '^[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{22}$'

/** The pseudonym of the phone that a request is about. */
export const phoneOf = (rid: string) => rid.slice(0, rid.indexOf('.'))

/** A request id, or the id of a job or a line of a log, which also has the number of the send. */
const SEND = new RegExp(`^(${REQUEST_ID_PATTERN.slice(1, -1)})(?:\\.([0-9]{1,3})(?:\\.[a-z_0-9]{1,16})?)?$`)

/** `n` is null without the number of a send. */
export type SendId = { id: string; n: number | null; ph: string }

/** The parts of a request id with or without the number of a send. Null for any other text. */
export function readSendId(text: string): SendId | null {
  const [, id, n] = SEND.exec(text) ?? []
  return id === undefined ? null : { id, n: n === undefined ? null : Number(n), ph: phoneOf(id) }
}

/** The name of a send in the phone's sends. The scripts make the same name (send-unit.lua). */
export const unitOf = ({ rid, n }: Pick<Send, 'rid' | 'n'>) => `${rid.slice(23, 33)}.${n}`

/** The code record, the phone's sends and its history: the keys that the scripts about a send take, in this order. */
export const sendKeys = ({ rid, scene }: Pick<Send, 'rid' | 'scene'>) => [
  keys.code(phoneOf(rid), scene),
  keys.sends(phoneOf(rid)),
  keys.history(phoneOf(rid)),
]
