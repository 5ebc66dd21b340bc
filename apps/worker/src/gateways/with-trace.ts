import type { Tracing } from '@sms-codes/core/process/tracing'
import type { ListedGateway } from './listed-gateway.ts'

/** Records a span for each call of a gateway, with the gateway and the outcome and nothing of the message. */
export function withTrace(gateway: ListedGateway, tracing: Tracing | null): ListedGateway {
  if (tracing === null) return gateway
  const { name, lookUp } = gateway

  async function traced<T>(
    operation: string,
    call: () => Promise<T>,
    describe: (answer: T) => string,
  ): Promise<T> {
    const span = tracing?.begin(`${operation} ${name}`, 'client', { 'sms.gateway': name })
    if (span === undefined) return call()
    try {
      const answer = await span.run(call)
      span.end({ 'sms.outcome': describe(answer) })
      return answer
    } catch (err) {
      span.end({}, true)
      throw err
    }
  }

  return {
    ...gateway,
    send: (message, signal) =>
      traced(
        'send',
        () => gateway.send(message, signal),
        (outcome) => outcome.class,
      ),
    ...(lookUp && {
      lookUp: (message, since, signal) =>
        traced(
          'look_up',
          () => lookUp(message, since, signal),
          ({ found }) => found,
        ),
    }),
  }
}
