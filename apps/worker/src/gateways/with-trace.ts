import type { Tracing } from '@sms-codes/core/process/tracing'
import type { Found, Outcome, SmsGateway } from '@sms-codes/gateways/gateway'

/** Records a span for each call of a gateway, with the gateway and the outcome but no part of the message. */
export function withTrace(gateway: SmsGateway, tracing: Tracing | null): SmsGateway {
  if (tracing === null) return gateway
  const { name, lookUp } = gateway

  const traced = async <Answer extends Outcome | Found>(operation: string, call: () => Promise<Answer>) => {
    const span = tracing.begin(`${operation} ${name}`, 'client', { 'sms.gateway': name })
    try {
      const answer = await span.run(call)
      span.end({ 'sms.outcome': 'class' in answer ? answer.class : answer.found })
      return answer
    } catch (err) {
      span.end({}, true)
      throw err
    }
  }

  return {
    ...gateway,
    send: (...given) => traced('send', () => gateway.send(...given)),
    ...(lookUp && { lookUp: (...given) => traced('look_up', () => lookUp(...given)) }),
  }
}
