// Lists the outcome class of each Twilio error code. Twilio keeps splitting its codes into finer codes, so unlisted
// codes are expected. An unlisted code gets its class from the HTTP status.
import { classByCode } from '../code-table.ts'

const classes = classByCode({
  // Twilio has one dictionary for refusals (1xxxx, 2xxxx), delivery states (3xxxx) and Twilio Verify (6xxxx).
  retry_same: '20429 30001 60212',
  // 21612: Twilio has no route from this sender to this number. Another vendor may have a route.
  switch_now: '21612 30008',
  // 20500: Twilio had an internal error. Twilio documents that a repeat may then send a second message.
  ambiguous: '20500',
  number: '21211 21610 21614 30003 30004 30005 30006 60238',
  number_limit: '60202 60203',
  template: '21602 21617 30007',
  config: '20003 20404 21212 21408 21606 21608 30002 60200 60605',
})

export const classOfTwilioCode = (code: string) => classes.get(code)
