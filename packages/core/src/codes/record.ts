/**
 * The code record: one Redis hash per phone and scene (`keys.code`) that holds a code and what happened to its
 * messages. The API and the workers agree on nothing else about a send. Only the scripts in `lua/` write it, by the
 * clock of Redis. A test runs every script and compares what it wrote with this file.
 *
 *     queued --claim--> sending --settle--> sent --delivery receipt--> delivered
 *        ^                 |    |             `--undelivered--> failed --delivered after all--> delivered
 *        `--settle queued--'    |--settle--> fell_back | failed
 *        `--moved to e-mail: queued again, on channel email
 *
 * A record lives until `latest_expiry` and some minutes more, so that a status can still be read.
 */

/** The statuses of a send, in order. It ends in one of the last four; a report can still change `sent` and `failed`. */
export const STATES = ['queued', 'sending', 'sent', 'delivered', 'fell_back', 'failed'] as const
export type State = (typeof STATES)[number]

const STATUS_WRITERS = ['issue', 'refund', 'claim', 'settle', 'lapse', 'report-delivery'] as const
/** The scripts that write a code record. */
export const WRITERS = [...STATUS_WRITERS, 'verify'] as const
type Writer = (typeof WRITERS)[number]
/** The scripts that change what is known of a gateway call. */
const CALL_WRITERS = ['issue', 'claim', 'settle', 'report-delivery'] as const

const ANY = /^.*$/
const ID = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/
/** Milliseconds since 1970; 0 for not yet. */
export const TIME = /^(0|[1-9][0-9]{12})$/
const FLAG = /^[01]$/
const COUNT = /^[0-9]+$/
/** The name of a gateway, '' for none. */
const GATEWAY = /^[a-z0-9_-]*$/
/** Not reset by a further send: it holds for the life of the code. */
const MAIL_STATE = /^(none|claimed|may_have_left)$/

/** A field: its meaning, every value that it may have, and the scripts that write it. */
const field = (meaning: string, values: RegExp, ...writers: Writer[]) => ({ meaning, values, writers })

export const RECORD_FIELDS = {
  // The code
  rid: field('request id of the first request for this code; every send of the code keeps it', ID, 'issue'),
  other_request_ids: field('ids of later callers for the live code; they show the status', ANY, 'issue'),
  asked_by: field('pseudonym of the address that asked first', ANY, 'issue'),
  is_counted: field('1 if the pumping guard counted the send, and so counts the verify', FLAG, 'issue'),
  key_id: field('id of the code key that made the digest', /^[a-z0-9]{1,8}$/, 'issue'),
  digest: field('HMAC of phone, scene and code; deleted after use', /^[A-Za-z0-9_-]{43}$/, 'issue'),
  sealed: field('`{ mobile, code }`, encrypted for the worker; deleted when the code is used', ANY, 'issue'),
  issued_at: field('when the code was made', TIME, 'issue'),
  expires_at: field('when the code stops being valid; every send extends it', TIME, 'issue'),
  latest_expiry: field('no send extends the life of the code beyond this', TIME, 'issue'),
  guesses_with_id: field('compared guesses that carried the request id', COUNT, 'issue', 'verify'),
  guesses_without_id: field('compared guesses that did not', COUNT, 'issue', 'verify'),
  used: field('1 after the code was verified', FLAG, 'issue', 'verify'),
  used_at: field('when the code was verified', TIME, 'verify'),
  used_by: field('the act that verified it (see verify.lua), or empty', ANY, 'verify'),

  // Its newest send
  sends: field('number of the newest send, from 1', COUNT, 'issue'),
  status: field('where the newest send stands', new RegExp(`^(${STATES.join('|')})$`), ...STATUS_WRITERS),
  channel: field('how it travels', /^(sms|email)$/, ...CALL_WRITERS, 'lapse'),
  reason: field('why it failed or was moved to e-mail, or empty', /^[a-z_]*$/, ...STATUS_WRITERS),
  send_by: field('no gateway is called after this', TIME, 'issue'),
  budget_unit: field('the unit of the budget that it took, or empty', ANY, 'issue'),
  queued_at: field('when it was accepted', TIME, 'issue'),
  sending_at: field('when it was claimed first', TIME, 'claim'),
  sent_at: field('when a gateway accepted it', TIME, 'claim', 'settle', 'lapse'),
  delivered_at: field('when a delivery receipt said so', TIME, 'report-delivery'),
  fell_back_at: field('when a mail server accepted it', TIME, 'settle'),
  failed_at: field('when it was given up', TIME, 'claim', 'settle', 'lapse', 'report-delivery'),

  // The claim of a worker on it
  fence: field('number of the newest claim; only its holder may settle', COUNT, 'issue', 'claim'),
  lease_until: field('until then the claim is respected', TIME, ...CALL_WRITERS),
  gateway: field('the gateway of the newest call', GATEWAY, ...CALL_WRITERS),
  message_id: field("the gateway's id of the message, or empty", ANY, 'issue', 'settle', 'report-delivery'),
  called_at: field('when the newest claim was given', TIME, 'issue', 'claim'),
  doubted_gateway: field('gateway that may have it but gave no answer', GATEWAY, ...CALL_WRITERS),
  doubted_at: field('when the call in doubt began', TIME, 'issue', 'claim', 'settle'),
  unresolved_doubt: field('1 if a call before may have sent it; no answer can tell', FLAG, ...CALL_WRITERS),
  second_send_risked: field('1 after the one permitted second message was risked', FLAG, ...CALL_WRITERS),
  mail_state: field('whether mail may have carried the code', MAIL_STATE, 'issue', 'claim', 'settle'),
}
export type FieldName = keyof typeof RECORD_FIELDS

/** Changes of status that a script may make, one from each state. `channel` is the one after the change. */
const change = (from: State[], by: Writer, to: State, channel: 'sms' | 'email' | 'any' = 'any') =>
  from.map((state) => ({ from: state, by, to, channel }))

/** Every change of status of one send. A further send of the live code begins at `queued` from any state. */
export const TRANSITIONS = [
  ...change(['queued'], 'claim', 'sending'),
  // A claim whose lease ended is replaced.
  ...change(['sending'], 'claim', 'sending'),
  // The code was used, or only a follow-up mail ran out of time.
  ...change(['queued', 'sending'], 'claim', 'sent'),
  ...change(['queued', 'sending'], 'lapse', 'sent'),
  // The time to send is over.
  ...change(['queued', 'sending'], 'claim', 'failed'),
  ...change(['queued', 'sending'], 'lapse', 'failed'),
  // Back to the queue for a later attempt, or over to e-mail.
  ...change(['sending'], 'settle', 'queued'),
  // From `queued`: a send whose job can no longer run is settled without a claim.
  ...change(['queued', 'sending'], 'settle', 'sent', 'sms'),
  ...change(['queued', 'sending'], 'settle', 'failed'),
  ...change(['sending'], 'settle', 'fell_back', 'email'),
  ...change(['sent'], 'report-delivery', 'queued', 'email'),
  ...change(['sent'], 'report-delivery', 'failed'),
  // A delivery receipt may come although the send was given up, moved, or is not settled yet.
  ...change(['queued', 'sending', 'sent', 'failed'], 'report-delivery', 'delivered', 'sms'),
  // The job of a further send did not reach the queue.
  ...change(['queued'], 'refund', 'failed', 'sms'),
]
