import type { Doubt } from '@sms-codes/core/codes/send-ledger'
import type { SmsGateway } from '@sms-codes/gateways/gateway'

/**
 * One call to a gateway: `send` the message, or `look_up` what happened to the message in doubt.
 * `risksSecondSend`: the call may put a second message on the handset.
 */
export type Call = { gateway: SmsGateway; ask: 'send' | 'look_up'; risksSecondSend: boolean }

/** The calls of an attempt without a doubt: every gateway, in order. */
export const planCalls = (gateways: readonly SmsGateway[], risksSecondSend = false): Call[] =>
  gateways.map((gateway) => ({ gateway, ask: 'send', risksSecondSend }))

/**
 * The calls of an attempt while one gateway may have taken the message already.
 *
 * The doubted gateway comes first: it is sent the same message again if it recognises a repeat, or is asked about the
 * message if it can be. After that the message may be sent once more, with the same code: to the other gateways first
 * and to the doubted one last. That second message is risked only once per send.
 */
export function planCallsInDoubt(
  gateways: readonly SmsGateway[],
  { gateway: doubted, sinceMs }: Doubt,
  secondSendRisked: boolean,
  nowMs: number,
): Call[] {
  // The doubted gateway as a list, because the configuration may no longer contain it.
  const doubtedOne = gateways.filter(({ name }) => name === doubted)
  const others = gateways.filter(({ name }) => name !== doubted)
  if (doubtedOne.some((gateway) => gateway.recognises(sinceMs, nowMs)))
    return [...planCalls(doubtedOne), ...(secondSendRisked ? [] : planCalls(others, true))]
  const lookUps = doubtedOne
    .filter(({ lookUp }) => lookUp !== undefined)
    .map((gateway): Call => ({ gateway, ask: 'look_up', risksSecondSend: false }))
  return secondSendRisked ? lookUps : [...lookUps, ...planCalls([...others, ...doubtedOne], true)]
}
