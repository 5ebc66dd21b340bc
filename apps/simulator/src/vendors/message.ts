// A message that a vendor accepted, in the form that GET /_sim/outbox lists.

export type Message = {
  /** The vendor's id of the message. */
  id: string
  /** Eleven digits for a number in China, the international form for all others. */
  to: string
  /** The international form, such as +8613800138000. */
  number: string
  country: string | null
  code: string
  minutes: number
  text: string
  /** The language of the template, or what the request says about the language of its text. */
  locale: string | null
  gateway: string
  /** Null for a vendor that takes free text. */
  template: string | null
  sign_name: string | null
  /** The number, the letters or the channel that the handset shows as the sender, where the request chose one. */
  sender: string | null
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
