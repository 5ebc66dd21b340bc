// Owns what each Twilio error code means for the message. Twilio splits its codes further as time goes by, so
// a code missing here is no surprise, and what it means is left to the status it came with.
import type { OutcomeClass } from '../gateway.ts'

const rows: readonly (readonly [OutcomeClass, string])[] = [
  // A refusal to send (1xxxx, 2xxxx), what became of a message later (3xxxx), and the managed verification
  // (6xxxx). One table, because Twilio has one dictionary for all of them.
  ['retry_same', '20429 30001 60212'],
  // 21612: no route from this sender to this number. Another vendor may have one.
  ['switch_now', '21612 30008'],
  // 20500: Twilio's own trouble; it says itself that a repeat may send twice.
  ['ambiguous', '20500'],
  ['number', '21211 21610 21614 30003 30004 30005 30006 60238'],
  ['number_limit', '60202 60203'],
  ['template', '21602 21617 30007'],
  ['config', '20003 20404 21212 21408 21606 21608 30002 60200 60605'],
]

const classes = new Map(rows.flatMap(([cls, codes]) => codes.split(' ').map((code) => [code, cls] as const)))

export function classOfTwilioCode(code: string): OutcomeClass | undefined {
  return classes.get(code)
}
