// The faults that a test or the demo page orders, and takes back. An order that is not understood changes nothing.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { FAULTS, readFault, RECEIPT_FAULTS, type FaultScript } from './fault-script.ts'
import type { Vendor } from '../vendors/vendor.ts'

// Both names of the one vendor are in use: the course's and the company's.
const OTHER_NAMES: Record<string, string> = { yuntongxun: 'ccp' }

const Order = Type.Object(
  {
    gateway: Type.String(),
    fault: Type.String(),
    times: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1 }),
    delay_ms: Type.Integer({ minimum: 0, maximum: 600_000, default: 0 }),
  },
  { additionalProperties: false },
)

const Cleared = Type.Object({ gateway: Type.Optional(Type.String()) }, { additionalProperties: false })

export function addScriptRoutes(
  parent: FastifyInstance,
  deps: { script: FaultScript; vendors: readonly Vendor[] },
): void {
  const { script, vendors } = deps
  const app = parent.withTypeProvider<TypeBoxTypeProvider>()

  const vendorOf = (gateway: string) => {
    const name = Object.hasOwn(OTHER_NAMES, gateway) ? OTHER_NAMES[gateway] : gateway
    return vendors.find((vendor) => vendor.name === name)
  }

  function refuseGateway(reply: FastifyReply) {
    const names = [...vendors.map(({ name }) => name), ...Object.keys(OTHER_NAMES)]
    return refuse(reply, `gateway must be one of ${names.join(', ')}`)
  }

  app.post('/script', { schema: { body: Order } }, (request, reply) => {
    const { gateway, fault, times, delay_ms: delayMs } = request.body
    const vendor = vendorOf(gateway)
    if (vendor === undefined) return refuseGateway(reply)
    const known = readFault(fault, delayMs, (code) => vendor.isRefusalCode(code))
    if (known === null) {
      const names = [...FAULTS, ...RECEIPT_FAULTS].join(', ')
      return refuse(reply, `fault must be a code that ${vendor.name} refuses with or one of ${names}`)
    }
    script.add(vendor.name, known, times)
    return reply.send({ pending: script.pending() })
  })

  app.post('/script/clear', { schema: { body: Type.Union([Cleared, Type.Null()]) } }, (request, reply) => {
    const gateway = request.body?.gateway
    const vendor = gateway === undefined ? undefined : vendorOf(gateway)
    if (gateway !== undefined && vendor === undefined) return refuseGateway(reply)
    script.clear(vendor?.name)
    return reply.send({ pending: script.pending() })
  })

  app.get('/script', (_request, reply) => reply.send({ pending: script.pending() }))
}

function refuse(reply: FastifyReply, error: string) {
  return reply.code(400).send({ error })
}
