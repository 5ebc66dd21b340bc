import { Gauge, type Registry } from 'prom-client'
import { readGatewaysOff } from '@sms-codes/core/limits/gateways-off'
import type { Logger } from '@sms-codes/core/logger'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { SkippingGateway } from './skipping-gateway.ts'

const READ_EVERY_MS = 2_000

type SwitchOptions = {
  redis: RedisClient
  /** The names of the gateways that this worker calls. */
  gateways: readonly string[]
  registry: Registry
  log: Logger
}

/**
 * Follows which gateways operators have switched off. Returns after the first reading, so that no message goes to such
 * a gateway before. While Redis is away, the last reading stays valid.
 */
export async function followSwitches({ redis, gateways, registry, log }: SwitchOptions) {
  const gauge = new Gauge({
    name: 'sms_gateway_off',
    help: '1 while an operator has switched the gateway off',
    labelNames: ['gateway'],
    registers: [registry],
  })
  for (const gateway of gateways) gauge.set({ gateway }, 0)
  let off: ReadonlySet<string> = new Set()

  async function read(): Promise<void> {
    const ends = await readGatewaysOff(redis)
    for (const gateway of gateways.filter((name) => ends.has(name) !== off.has(name))) {
      const until = ends.get(gateway)
      gauge.set({ gateway }, until === undefined ? 0 : 1)
      if (until === undefined) log.info({ gateway }, 'gateway switched on again')
      else
        log.warn(
          { gateway, until: until === 0 ? 'no end' : new Date(until) },
          'gateway switched off by an operator',
        )
    }
    off = new Set(ends.keys())
  }
  const follow = (): Promise<void> =>
    read().catch((err: unknown) => log.debug({ err }, 'switched-off gateways not read'))
  const onReady = () => void follow()
  redis.on('ready', onReady)
  const timer = setInterval(onReady, READ_EVERY_MS).unref()
  await follow()

  return {
    isOff: (gateway: string): boolean => off.has(gateway),
    stop(): void {
      clearInterval(timer)
      redis.off('ready', onReady)
    },
  }
}
export type Switches = Awaited<ReturnType<typeof followSwitches>>

/** Skips the calls of a gateway while it is switched off. */
export function withSwitch(gateway: SkippingGateway, switches: Pick<Switches, 'isOff'>): SkippingGateway {
  const isOff = () => switches.isOff(gateway.name)
  return {
    ...gateway,
    isOff,
    send: async (message, signal) =>
      isOff() ? { class: 'skipped', code: 'SWITCHED_OFF' } : gateway.send(message, signal),
  }
}
