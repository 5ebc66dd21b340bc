// A message that a vendor accepted, in the form that GET /_sim/outbox lists.

export type Message = {
  /** The vendor's id of the message. */
  id: string
  to: string
  code: string
  minutes: number
  text: string
  gateway: string
  /** Null for a vendor that takes free text. */
  template: string | null
  /** When the vendor accepted it, in milliseconds. */
  at: number
  /** The sender's own id, which the vendor repeats. */
  echo: string | null
  /** When it reaches the handset, or when the vendor gives it up. */
  landed: number
  /** True when the vendor accepted the message and no handset shows it. */
  lost: boolean
}

export type DeliveryState = 'under_way' | 'delivered' | 'undelivered'

export function deliveryStateOf(message: Message, now: number): DeliveryState {
  if (now < message.landed) return 'under_way'
  return message.lost ? 'undelivered' : 'delivered'
}
