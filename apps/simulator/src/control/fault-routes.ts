// The routes that order, list and clear the faults of one script. A request with a mistake gets a 400 and changes nothing.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { FaultScript } from './fault-script.ts'

const Order = Type.Object(
  {
    gateway: Type.Optional(Type.String()),
    fault: Type.String(),
    times: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1 }),
    delay_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
  },
  { additionalProperties: false },
)

const Cleared = Type.Union([
  Type.Object({ gateway: Type.Optional(Type.String()) }, { additionalProperties: false }),
  Type.Null(),
])

export type FaultTarget<Fault> = {
  gateway: string
  /** Null when the target has no fault of that name. */
  readFault(name: string, delayMs?: number): Fault | null
  /** The names that `readFault` knows, for an error text. */
  faultNames: string
}

export function addFaultRoutes<Fault>(
  parent: FastifyInstance,
  path: string,
  options: {
    script: FaultScript<Fault>
    /** Null for an unknown gateway. */
    targetOf: (gateway?: string) => FaultTarget<Fault> | null
    /** The names that `targetOf` knows. Empty for a single target: its orders neither have nor list a gateway. */
    gateways: readonly string[]
  },
): void {
  const { script, targetOf, gateways } = options
  const app = parent.withTypeProvider<TypeBoxTypeProvider>()
  const hasOneTarget = gateways.length === 0
  const unknownGateway = {
    error: hasOneTarget ? 'gateway must be left out' : `gateway must be one of ${gateways.join(', ')}`,
  }

  const pending = () => ({
    pending: script.pending().map(({ gateway, ...order }) => ({
      ...(hasOneTarget ? {} : { gateway }),
      ...order,
    })),
  })

  app.post(path, { schema: { body: Order } }, (request, reply) => {
    const { gateway, fault: name, times, delay_ms: delayMs } = request.body
    const target = targetOf(gateway)
    if (target === null) return reply.code(400).send(unknownGateway)
    const fault = target.readFault(name, delayMs)
    if (fault === null) return reply.code(400).send({ error: `fault must be ${target.faultNames}` })
    script.add(target.gateway, fault, times)
    return reply.send(pending())
  })

  app.post(`${path}/clear`, { schema: { body: Cleared } }, (request, reply) => {
    const gateway = request.body?.gateway
    const target = gateway === undefined ? undefined : targetOf(gateway)
    if (target === null) return reply.code(400).send(unknownGateway)
    script.clear(target?.gateway)
    return reply.send(pending())
  })

  app.get(path, (_request, reply) => reply.send(pending()))
}
