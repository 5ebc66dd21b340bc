import type { OutcomeClass } from '@sms-codes/gateways/gateway'
import type { ListedGateway } from './gateways.ts'

/**
 * What follows from each outcome of a gateway call. Fail over only where the message certainly was not
 * taken and another gateway can help; never because of the number itself, or one caller could multiply
 * messages by the number of gateways.
 */
export type Step = 'sent' | 'next_gateway' | 'later' | 'stop' | 'doubt'

export const STEP: Record<OutcomeClass, Step> = {
  accepted: 'sent',
  duplicate: 'sent',
  retry_same: 'later',
  switch_now: 'next_gateway',
  template: 'next_gateway',
  config: 'next_gateway',
  number: 'stop',
  number_limit: 'stop',
  ambiguous: 'doubt',
}

export type Call = { gateway: ListedGateway; risk: boolean }

/**
 * Which gateways to call in this try, and with which calls a second message is risked.
 *
 * Without a doubt: all of them, in order. With one, the doubted gateway is asked first if it recognises a
 * message it had before; everywhere else the message may go once more, with the same code, and only once.
 *
 * @param doubt the gateway that may have the message already, '' for none
 * @param risked whether the one second message was risked before
 */
export function planCalls(gateways: readonly ListedGateway[], doubt: string, risked: boolean): Call[] {
  if (doubt === '') return gateways.map((gateway) => ({ gateway, risk: false }))
  const safe = gateways.filter(({ name, idempotent }) => name === doubt && idempotent)
  const others = risked ? [] : gateways.filter((gateway) => !safe.includes(gateway))
  return [
    ...safe.map((gateway) => ({ gateway, risk: false })),
    ...others.map((gateway) => ({ gateway, risk: true })),
  ]
}
