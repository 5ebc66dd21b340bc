/**
 * The code record: one Redis hash per phone and scene (`keys.code`), which stores a code and what happened to its
 * messages. Only scripts in `lua/` write the record: a worker takes a send with `claim` and records the result of its
 * gateway call with `settle`. All times are by the clock of Redis. A test compares this file with the scripts. `issue`
 * leaves out the fields that have a default (DEFAULTS), and removes them before a further send.
 *
 *     queued --claim--> sending --settle--> sent --delivery receipt--> delivered
 *        ^                 |    |             `--undelivered--> failed --delivered after all--> delivered
 *        `--settle queued--'    |--settle--> fell_back | failed
 *        `--moved: queued again, on the other channel, as often as `may_move` permits until `send_by`
 *
 * Redis keeps a record for some minutes after `latest_expiry`, so that the status can still be read.
 */

/** The statuses of a send. A send ends in one of the last four. report-delivery can change `sent` and `failed`. */
export const STATES = ['queued', 'sending', 'sent', 'delivered', 'fell_back', 'failed'] as const
export type State = (typeof STATES)[number]

const REASON_WRITERS = ['refund', 'claim', 'settle', 'lapse', 'report-delivery'] as const
const STATUS_WRITERS = ['issue', ...REASON_WRITERS] as const
/** The scripts that write a code record. */
export const WRITERS = [...STATUS_WRITERS, 'verify'] as const
type Writer = (typeof WRITERS)[number]
/** The scripts that change what is known of a gateway call. */
const CALL_WRITERS = ['claim', 'settle', 'report-delivery'] as const

const MOVE_WRITERS = ['settle', 'report-delivery'] as const

const ANY = /^.*$/
const ID = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/
/** Ids, each with a space before it. */
const IDS = /^( [A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22})*$/
/** Milliseconds since 1970, or 0 for no time. */
export const TIME = /^(0|[1-9][0-9]{12})$/
const FLAG = /^[01]$/
const COUNT = /^[0-9]+$/
/** The name of a gateway, or '' for no gateway. */
const GATEWAY = /^[a-z0-9_-]*$/
/** A further send keeps the mail state, because an earlier mail may have carried the same code. */
const MAIL_STATE = /^(none|claimed|may_have_left)$/

/** Describes a field: its meaning, a pattern of all its values, and the scripts that write the field. */
const field = (meaning: string, values: RegExp, ...writers: Writer[]) => ({ meaning, values, writers })

export const RECORD_FIELDS = {
  // The code
  rid: field('request id of the first request for this code; every send keeps this id', ID, 'issue'),
  other_request_ids: field('one id for each further send; each id has its own guesses', IDS, 'issue'),
  asked_by: field('pseudonym of the client address that asked first', ANY, 'issue'),
  is_counted: field('1 if the guard against SMS pumping counts the sends, for `asked_by`', FLAG, 'issue'),
  key_id: field('id of the code key that made the digest', /^[a-z0-9]{1,8}$/, 'issue'),
  digest: field('HMAC of phone, scene, code; deleted when the code is used', /^[A-Za-z0-9_-]{43}$/, 'issue'),
  sealed: field('`{ mobile, code }`, encrypted for the worker; deleted when the code is used', ANY, 'issue'),
  expires_at: field('when the code stops being valid; a further send extends this time', TIME, 'issue'),
  latest_expiry: field('no send extends the life of the code beyond this time', TIME, 'issue'),
  guesses_without_id: field(
    'compared guesses since the newest send that carried none of these ids',
    COUNT,
    'verify',
  ),
  used: field('1 after the code was verified, else 0', FLAG, 'verify'),
  used_at: field('when the code was verified', TIME, 'verify'),
  used_by: field('keyed hash of the call that verified the code (see verify.lua), or empty', ANY, 'verify'),

  // The newest send of the code
  sends: field('number of the newest send, from 1', COUNT, 'issue'),
  status: field('status of the newest send', new RegExp(`^(${STATES.join('|')})$`), ...STATUS_WRITERS),
  channel: field('channel of the newest send', /^(sms|email)$/, ...CALL_WRITERS, 'lapse'),
  reason: field('why the send failed or left SMS, or empty', /^[a-z_]*$/, ...REASON_WRITERS),
  moves: field('how often the send changed its channel', COUNT, ...MOVE_WRITERS),
  may_move: field('1 if the other channel may still take the send, else 0', FLAG, ...MOVE_WRITERS),
  send_by: field('no gateway is called after this time', TIME, 'issue'),
  budget_unit: field('when the send was counted in the budget, or 0', TIME, 'issue'),
  queued_at: field('when the API issued the send', TIME, 'issue'),
  sending_at: field('when a worker first claimed the send', TIME, 'claim'),
  sent_at: field('when the status became `sent`', TIME, 'claim', 'settle', 'lapse'),
  delivered_at: field('when a delivery receipt reported the message as delivered', TIME, 'report-delivery'),
  fell_back_at: field('when a mail server accepted the mail', TIME, 'settle'),
  failed_at: field('when the send failed', TIME, 'claim', 'settle', 'lapse', 'report-delivery'),

  // The newest claim on the send: the right of one worker to make one gateway call
  fence: field('number of the newest claim; an older claim cannot settle', COUNT, 'claim'),
  lease_until: field('until this time no other worker gets a claim', TIME, ...CALL_WRITERS),
  gateway: field('the gateway of the newest call', GATEWAY, ...CALL_WRITERS),
  message_id: field("the gateway's id of the message, or empty", ANY, 'settle', 'report-delivery'),
  called_at: field('when the newest claim was given', TIME, 'claim'),
  doubted_gateway: field('gateway that may have the message but gave no answer', GATEWAY, ...CALL_WRITERS),
  doubted_at: field('when the call to the doubted gateway began', TIME, ...CALL_WRITERS),
  unresolved_doubt: field('1 if no answer can tell any more whether a message left', FLAG, ...CALL_WRITERS),
  second_send_risked: field('1 after a call risked the one permitted second message', FLAG, ...CALL_WRITERS),
  sms_doubted_gateway: field(
    'doubted gateway of SMS, kept while the send is mailed',
    GATEWAY,
    ...MOVE_WRITERS,
  ),
  sms_doubted_at: field('its time, kept in the same way', TIME, ...MOVE_WRITERS),
  sms_second_send_risked: field('the risk taken on SMS, kept in the same way', FLAG, ...MOVE_WRITERS),
  mail_state: field('whether a mail may have carried the code', MAIL_STATE, 'claim', 'settle'),
}
export type FieldName = keyof typeof RECORD_FIELDS

/** What a script reads from a field that was not written (read-record.lua). A field without a default is nil. */
export const DEFAULTS: Partial<Record<FieldName, string>> = {
  other_request_ids: '',
  guesses_without_id: '0',
  used: '0',
  channel: 'sms',
  reason: '',
  moves: '0',
  may_move: '1',
  fence: '0',
  lease_until: '0',
  gateway: '',
  message_id: '',
  called_at: '0',
  doubted_gateway: '',
  doubted_at: '0',
  unresolved_doubt: '0',
  second_send_risked: '0',
  sms_doubted_gateway: '',
  sms_doubted_at: '0',
  sms_second_send_risked: '0',
  mail_state: 'none',
}

/** Lists one change of status per state in `from`. `channel` is the channel after the change. */
const change = (from: State[], by: Writer, to: State, channel: 'sms' | 'email' | 'any' = 'any') =>
  from.map((state) => ({ from: state, by, to, channel }))

/** Every change of status within one send. A further send of the live code begins at `queued` from any state. */
export const TRANSITIONS = [
  ...change(['queued'], 'claim', 'sending'),
  // The same worker claims again, or another worker replaces a claim whose lease has ended.
  ...change(['sending'], 'claim', 'sending'),
  // The code was used, or the time ran out for a mail that only followed an accepted SMS.
  ...change(['queued', 'sending'], 'claim', 'sent'),
  ...change(['queued', 'sending'], 'lapse', 'sent'),
  // The time to send is over.
  ...change(['queued', 'sending'], 'claim', 'failed'),
  ...change(['queued', 'sending'], 'lapse', 'failed'),
  // The send waits for a later attempt, or moves to the other channel.
  ...change(['sending'], 'settle', 'queued'),
  // A `queued` send is settled without a claim if its job can no longer run.
  ...change(['queued', 'sending'], 'settle', 'sent', 'sms'),
  ...change(['queued', 'sending'], 'settle', 'failed'),
  ...change(['sending'], 'settle', 'fell_back', 'email'),
  ...change(['sent'], 'report-delivery', 'queued', 'email'),
  ...change(['sent'], 'report-delivery', 'failed'),
  // A delivery receipt can arrive before the send is settled, and after the send failed or moved to e-mail.
  ...change(['queued', 'sending', 'sent', 'failed'], 'report-delivery', 'delivered', 'sms'),
  // The job of a further send did not reach the queue.
  ...change(['queued'], 'refund', 'failed', 'sms'),
]
