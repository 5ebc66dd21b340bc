import type { OutcomeClass } from '@sms-codes/gateways/gateway'
import type { ListedGateway } from '../gateways/listed-gateway.ts'

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

/** A call of `send`, or a look-up of what became of the message in doubt. */
export type Call = { gateway: ListedGateway; ask: 'send' | 'look_up'; risk: boolean }

/** The gateway that may have the message already, and since when, by the clock of Redis. */
export type Doubt = { name: string; sinceMs: number }

/**
 * Which gateways to ask in this try, and with which calls a second message is risked.
 *
 * Without a doubt: all of them, in order. With one, the doubted gateway comes first: it is sent the same
 * again if it recognises a message it had before, or asked for it if it can be. Everywhere else the message
 * may go once more, with the same code, and only once; to the one that left us in doubt last of all.
 *
 * @param doubt null for none
 * @param risked whether the one second message was risked before
 */
export function planCalls(
  gateways: readonly ListedGateway[],
  doubt: Doubt | null,
  risked: boolean,
  nowMs: number,
): Call[] {
  if (doubt === null) return gateways.map((gateway) => ({ gateway, ask: 'send', risk: false }))
  const safe = gateways.flatMap((gateway): Call[] => {
    if (gateway.name !== doubt.name) return []
    if (gateway.recognises(doubt.sinceMs, nowMs)) return [{ gateway, ask: 'send', risk: false }]
    return gateway.lookUp === undefined ? [] : [{ gateway, ask: 'look_up', risk: false }]
  })
  const repeated = safe.find(({ ask }) => ask === 'send')?.gateway
  const others = gateways.filter(({ name }) => name !== doubt.name)
  const doubted = gateways.filter((gateway) => gateway.name === doubt.name && gateway !== repeated)
  if (risked) return safe
  return [...safe, ...[...others, ...doubted].map((gateway): Call => ({ gateway, ask: 'send', risk: true }))]
}
