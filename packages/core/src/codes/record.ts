/**
 * The code record: one Redis hash per phone and scene (`keys.code`), which stores a code and what happened to its
 * messages. Only scripts in `lua/` write the record: a worker takes a send with `claim` and records the result of its
 * gateway call with `settle`. All times are by the clock of Redis. record-spec.ts of the tests has the values and
 * the writers of each field. `issue` leaves out the fields that have a default, and removes them before a further send.
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

/** Describes a field: its meaning, and what a script reads from it if it was not written (read-record.lua). */
const field = (meaning: string, byDefault?: string) => ({ meaning, byDefault })

export const RECORD_FIELDS = {
  // The code
  rid: field('request id of the first request for this code; every send keeps this id'),
  other_request_ids: field('one id for each further send; each id has its own guesses', ''),
  asked_by: field('pseudonym of the client address that asked first'),
  is_counted: field('1 if the guard against SMS pumping counts the sends, for `asked_by`'),
  key_id: field('id of the code key that made the digest'),
  digest: field('HMAC of phone, scene, code; deleted when the code is used'),
  sealed: field('`{ mobile, code }`, encrypted for the worker; deleted when the code is used'),
  expires_at: field('when the code stops being valid; a further send extends this time'),
  latest_expiry: field('no send extends the life of the code beyond this time'),
  guesses_without_id: field('compared guesses since the newest send that carried none of these ids', '0'),
  used: field('1 after the code was verified, else 0', '0'),
  used_at: field('when the code was verified'),
  used_by: field('keyed hash of the call that verified the code (see verify.lua), or empty'),

  // The newest send of the code
  sends: field('number of the newest send, from 1'),
  status: field('status of the newest send'),
  channel: field('channel of the newest send', 'sms'),
  reason: field('why the send failed or left SMS, or empty', ''),
  moves: field('how often the send changed its channel', '0'),
  may_move: field('1 if the other channel may still take the send, else 0', '1'),
  send_by: field('no gateway is called after this time'),
  budget_unit: field('when the send was counted in the budget, or 0'),
  queued_at: field('when the API issued the send'),
  sending_at: field('when a worker first claimed the send'),
  sent_at: field('when the status became `sent`'),
  delivered_at: field('when a delivery receipt reported the message as delivered'),
  fell_back_at: field('when a mail server accepted the mail'),
  failed_at: field('when the send failed'),

  // The newest claim on the send: the right of one worker to make one gateway call
  fence: field('number of the newest claim; an older claim cannot settle', '0'),
  lease_until: field('until this time no other worker gets a claim', '0'),
  gateway: field('the gateway of the newest call', ''),
  message_id: field("the gateway's id of the message, or empty", ''),
  called_at: field('when the newest claim was given', '0'),
  doubted_gateway: field('gateway that may have the message but gave no answer', ''),
  doubted_at: field('when the call to the doubted gateway began', '0'),
  unresolved_doubt: field('1 if no answer can tell any more whether a message left', '0'),
  second_send_risked: field('1 after a call risked the one permitted second message', '0'),
  sms_doubted_gateway: field('doubted gateway of SMS, kept while the send is mailed', ''),
  sms_doubted_at: field('its time, kept in the same way', '0'),
  sms_second_send_risked: field('the risk taken on SMS, kept in the same way', '0'),
  mail_state: field('whether a mail may have carried the code', 'none'),
}
export type FieldName = keyof typeof RECORD_FIELDS
