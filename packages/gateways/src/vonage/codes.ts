// Lists the outcome class of each status of the Vonage SMS API. Vonage accepts a message only with 0. An unlisted
// status is therefore a refusal, and the next gateway may send the message.
import { classByCode } from '../code-table.ts'

export const vonageCodes = classByCode({
  accepted: '0',
  retry_same: '1 10 34',
  ambiguous: '5',
  number: '7 22 33',
  template: '6 12',
  config: '2 3 4 8 9 11 14 15 23 29',
})
