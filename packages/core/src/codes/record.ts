/**
 * The code record: one Redis hash per phone and scene (`keys.code`) that holds a code and what became of its
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

/** The statuses of a send, in order. The last three are final; a send may also stay in `sent`. */
export const STATES = ['queued', 'sending', 'sent', 'delivered', 'fell_back', 'failed'] as const
export type State = (typeof STATES)[number]

/** The scripts that write a code record. */
export const WRITERS = ['issue', 'refund', 'claim', 'settle', 'lapse', 'report-delivery', 'verify'] as const
export type Writer = (typeof WRITERS)[number]

export type RecordField = {
  meaning: string
  /** Every value that the field may have. */
  values: RegExp
  writers: readonly Writer[]
}

const ANY = /^.*$/
const ID = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/
/** Milliseconds since 1970; 0 for not yet. */
export const TIME = /^(0|[1-9][0-9]{12})$/
const FLAG = /^[01]$/
const COUNT = /^[0-9]+$/
/** The name of a gateway, '' for none. */
const GATEWAY = /^[a-z0-9_-]*$/

const field = (meaning: string, values: RegExp, ...writers: Writer[]): RecordField => ({
  meaning,
  values,
  writers,
})

export const RECORD_FIELDS = {
  // The code
  rid: field('request id of the first request for this code; every send of the code keeps it', ID, 'issue'),
  other_request_ids: field(
    'ids of callers that asked for the live code later; they show the status',
    ANY,
    'issue',
  ),
  asked_by: field('pseudonym of the address that asked first', ANY, 'issue'),
  is_counted: field(
    '1 if the pumping guard counted the send, so that it counts the verify as well',
    FLAG,
    'issue',
  ),
  key_id: field('id of the code key that made the digest', /^[a-z0-9]{1,8}$/, 'issue'),
  digest: field(
    'HMAC of phone, scene and code; deleted when the code is used',
    /^[A-Za-z0-9_-]{43}$/,
    'issue',
  ),
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
  status: field(
    'where the newest send stands',
    /^(queued|sending|sent|delivered|fell_back|failed)$/,
    'issue',
    'refund',
    'claim',
    'settle',
    'lapse',
    'report-delivery',
  ),
  channel: field('how it travels', /^(sms|email)$/, 'issue', 'claim', 'settle', 'report-delivery'),
  reason: field(
    'why it failed or was moved to e-mail, or empty',
    /^[a-z_]*$/,
    'issue',
    'refund',
    'claim',
    'settle',
    'lapse',
    'report-delivery',
  ),
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
  lease_until: field(
    'until then the claim is respected',
    TIME,
    'issue',
    'claim',
    'settle',
    'report-delivery',
  ),
  gateway: field('the gateway of the newest call', GATEWAY, 'issue', 'claim', 'settle', 'report-delivery'),
  message_id: field("the gateway's id of the message, or empty", ANY, 'issue', 'settle', 'report-delivery'),
  called_at: field('when the newest claim was given', TIME, 'issue', 'claim'),
  doubted_gateway: field(
    'the gateway that may have taken the message although it gave no answer',
    GATEWAY,
    'issue',
    'claim',
    'settle',
    'report-delivery',
  ),
  doubted_at: field('when the call in doubt began', TIME, 'issue', 'claim', 'settle'),
  unresolved_doubt: field(
    '1 if some earlier call may have sent a message and no answer can settle that any more',
    FLAG,
    'issue',
    'claim',
    'settle',
    'report-delivery',
  ),
  second_send_risked: field(
    '1 after the one permitted second message was risked',
    FLAG,
    'issue',
    'claim',
    'settle',
    'report-delivery',
  ),
  mail_state: field(
    'whether the code may have been read in a mailbox; kept for the life of the code',
    /^(none|claimed|may_have_left)$/,
    'issue',
    'claim',
    'settle',
  ),
} as const satisfies Record<string, RecordField>
export type FieldName = keyof typeof RECORD_FIELDS

/** The fields that hold the time at which a send reached each of its states. */
export const stateTimes = STATES.map((state) => `${state}_at` as const)

/** A change of status that a script may make. `channel` is the one after the change. */
export type Transition = { from: State; by: Writer; to: State; channel: 'sms' | 'email' | 'any' }

/** Every change of status of one send. A further send of the live code begins at `queued` from any state. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'queued', by: 'claim', to: 'sending', channel: 'any' },
  // A claim whose lease ended is replaced.
  { from: 'sending', by: 'claim', to: 'sending', channel: 'any' },
  // The code was used, or only a follow-up mail ran out of time.
  { from: 'queued', by: 'claim', to: 'sent', channel: 'any' },
  { from: 'sending', by: 'claim', to: 'sent', channel: 'any' },
  // The time to send is over.
  { from: 'queued', by: 'claim', to: 'failed', channel: 'any' },
  { from: 'sending', by: 'claim', to: 'failed', channel: 'any' },
  { from: 'queued', by: 'lapse', to: 'failed', channel: 'any' },
  { from: 'sending', by: 'lapse', to: 'failed', channel: 'any' },
  { from: 'queued', by: 'lapse', to: 'sent', channel: 'any' },
  { from: 'sending', by: 'lapse', to: 'sent', channel: 'any' },
  // Back to the queue for a later attempt, or over to e-mail.
  { from: 'sending', by: 'settle', to: 'queued', channel: 'any' },
  // A send whose job can no longer run is settled without a claim.
  { from: 'queued', by: 'settle', to: 'failed', channel: 'any' },
  { from: 'queued', by: 'settle', to: 'sent', channel: 'sms' },
  { from: 'sending', by: 'settle', to: 'sent', channel: 'sms' },
  { from: 'sending', by: 'settle', to: 'fell_back', channel: 'email' },
  { from: 'sending', by: 'settle', to: 'failed', channel: 'any' },
  { from: 'sent', by: 'report-delivery', to: 'delivered', channel: 'sms' },
  { from: 'sent', by: 'report-delivery', to: 'queued', channel: 'email' },
  { from: 'sent', by: 'report-delivery', to: 'failed', channel: 'any' },
  // A delivery receipt came although the send was given up, moved, or is not settled yet.
  { from: 'failed', by: 'report-delivery', to: 'delivered', channel: 'sms' },
  { from: 'queued', by: 'report-delivery', to: 'delivered', channel: 'sms' },
  { from: 'sending', by: 'report-delivery', to: 'delivered', channel: 'sms' },
  // The job of a further send did not reach the queue.
  { from: 'queued', by: 'refund', to: 'failed', channel: 'sms' },
]
