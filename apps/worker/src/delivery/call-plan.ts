import type { Doubt } from '@sms-codes/core/codes/claim'
import type { SkippingGateway } from '../gateways/skipping-gateway.ts'

/**
 * One call to a gateway: `send` gives it the message, and `look_up` asks whether it took the message in an earlier
 * call. `risksSecondSend`: the user may receive a second message because of the call.
 */
export type Call = { gateway: SkippingGateway; ask: 'send' | 'look_up'; risksSecondSend: boolean }

/** Plans the calls of an attempt when certainly no gateway has the message: every gateway in order. */
export const planCalls = (gateways: readonly SkippingGateway[], risksSecondSend = false): Call[] =>
  gateways.map((gateway) => ({ gateway, ask: 'send', risksSecondSend }))

/**
 * Plans the calls of an attempt in doubt, which means that one gateway may have taken the message already.
 *
 * The doubted gateway comes first. If it recognises a repeat, it gets the same message again. Otherwise it is asked
 * about the message, if it has `lookUp` and no operator has switched it off. All further calls risk a second message with
 * the same code, so a send makes them only once: to the other gateways, and last to the doubted gateway if it does not
 * recognise a repeat.
 */
export function planCallsInDoubt(
  gateways: readonly SkippingGateway[],
  { gateway: doubted, sinceMs }: Doubt,
  secondSendRisked: boolean,
  nowMs: number,
): Call[] {
  // The list is empty if the configuration no longer contains the doubted gateway.
  const doubtedOne = gateways.filter(({ name }) => name === doubted)
  const others = gateways.filter(({ name }) => name !== doubted)
  if (doubtedOne.some((gateway) => gateway.recognises(sinceMs, nowMs)))
    return [...planCalls(doubtedOne), ...(secondSendRisked ? [] : planCalls(others, true))]
  const lookUps = doubtedOne
    .filter(({ lookUp, isOff }) => lookUp !== undefined && isOff?.() !== true)
    .map((gateway): Call => ({ gateway, ask: 'look_up', risksSecondSend: false }))
  return secondSendRisked ? lookUps : [...lookUps, ...planCalls([...others, ...doubtedOne], true)]
}
