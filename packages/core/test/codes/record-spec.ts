import { STATES, type FieldName, type State } from '../../src/codes/record.ts'

// What record.test.ts requires of the code record: the values and the writers of each field, and the changes of status.

const REASON_WRITERS = ['refund', 'claim', 'settle', 'report-delivery'] as const
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

/** A pattern of all values of a field, and the scripts that write the field. */
const field = (values: RegExp, ...writers: Writer[]) => ({ values, writers })

export const FIELD_SPECS: Record<FieldName, ReturnType<typeof field>> = {
  rid: field(ID, 'issue'),
  other_request_ids: field(IDS, 'issue'),
  asked_by: field(ANY, 'issue'),
  is_counted: field(FLAG, 'issue'),
  key_id: field(/^[a-z0-9]{1,8}$/, 'issue'),
  digest: field(/^[A-Za-z0-9_-]{43}$/, 'issue'),
  sealed: field(ANY, 'issue'),
  expires_at: field(TIME, 'issue'),
  latest_expiry: field(TIME, 'issue'),
  guesses_without_id: field(COUNT, 'verify'),
  used: field(FLAG, 'verify'),
  used_at: field(TIME, 'verify'),
  used_by: field(ANY, 'verify'),
  sends: field(COUNT, 'issue'),
  status: field(new RegExp(`^(${STATES.join('|')})$`), ...STATUS_WRITERS),
  channel: field(/^(sms|email)$/, ...CALL_WRITERS),
  reason: field(/^[a-z_]*$/, ...REASON_WRITERS),
  moves: field(COUNT, ...MOVE_WRITERS),
  may_move: field(FLAG, ...MOVE_WRITERS),
  send_by: field(TIME, 'issue'),
  budget_unit: field(TIME, 'issue'),
  queued_at: field(TIME, 'issue'),
  sending_at: field(TIME, 'claim'),
  sent_at: field(TIME, 'claim', 'settle'),
  delivered_at: field(TIME, 'report-delivery'),
  fell_back_at: field(TIME, 'settle'),
  failed_at: field(TIME, 'claim', 'settle', 'report-delivery'),
  fence: field(COUNT, 'claim'),
  lease_until: field(TIME, ...CALL_WRITERS),
  gateway: field(GATEWAY, ...CALL_WRITERS),
  message_id: field(ANY, 'settle', 'report-delivery'),
  called_at: field(TIME, 'claim'),
  doubted_gateway: field(GATEWAY, ...CALL_WRITERS),
  doubted_at: field(TIME, ...CALL_WRITERS),
  unresolved_doubt: field(FLAG, ...CALL_WRITERS),
  second_send_risked: field(FLAG, ...CALL_WRITERS),
  sms_doubted_gateway: field(GATEWAY, ...MOVE_WRITERS),
  sms_doubted_at: field(TIME, ...MOVE_WRITERS),
  sms_second_send_risked: field(FLAG, ...MOVE_WRITERS),
  mail_state: field(MAIL_STATE, 'claim', 'settle'),
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
  // The time to send is over.
  ...change(['queued', 'sending'], 'claim', 'failed'),
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
