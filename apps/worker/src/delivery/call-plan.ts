import type { Doubt } from '@sms-codes/core/codes/send-ledger'
import type { ListedGateway } from '../gateways/listed-gateway.ts'

/**
 * One call to a gateway: `send` the message, or `look_up` what happened to the message in doubt.
 * `risksSecondSend`: the call may put a second message on the handset.
 */
export type Call = { gateway: ListedGateway; ask: 'send' | 'look_up'; risksSecondSend: boolean }

const send = (gateway: ListedGateway, risksSecondSend: boolean): Call => ({
  gateway,
  ask: 'send',
  risksSecondSend,
})

/** The calls of an attempt without a doubt: every gateway, in order. */
export const planCalls = (gateways: readonly ListedGateway[]): Call[] =>
  gateways.map((gateway) => send(gateway, false))

/**
 * The calls of an attempt while one gateway may have taken the message already.
 *
 * The doubted gateway comes first: it is sent the same message again if it recognises a repeat, or is asked about the
 * message if it can be. After that the message may be sent once more, with the same code: to the other gateways first
 * and to the doubted one last. That second message is risked only once per send.
 */
export function planCallsInDoubt(
  gateways: readonly ListedGateway[],
  doubt: Doubt,
  secondSendRisked: boolean,
  nowMs: number,
): Call[] {
  const isDoubted = ({ name }: ListedGateway) => name === doubt.gateway
  const doubted = gateways.filter(isDoubted)
  const recognising = doubted.filter((gateway) => gateway.recognises(doubt.sinceMs, nowMs))
  const unrecognising = doubted.filter((gateway) => !recognising.includes(gateway))
  const lookUps = unrecognising.filter(({ lookUp }) => lookUp !== undefined)
  const safe = [
    ...planCalls(recognising),
    ...lookUps.map((gateway): Call => ({ gateway, ask: 'look_up', risksSecondSend: false })),
  ]
  if (secondSendRisked) return safe
  const others = gateways.filter((gateway) => !isDoubted(gateway))
  return [...safe, ...[...others, ...unrecognising].map((gateway) => send(gateway, true))]
}
