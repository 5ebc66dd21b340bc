// Where a message stands on the simulator's clock, for vendors that are asked about it.
import type { Message } from '../control/outbox.ts'

export type State = 'under_way' | 'delivered' | 'undelivered'

export function stateOf(message: Message, now: number): State {
  if (now < message.landed) return 'under_way'
  return message.lost ? 'undelivered' : 'delivered'
}
