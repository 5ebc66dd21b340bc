import { createCcpGateway } from '@sms-codes/gateways/ccp'
import { createConsoleGateway } from '@sms-codes/gateways/console'
import type { SmsGateway } from '@sms-codes/gateways/gateway'
import type { Transport } from '@sms-codes/gateways/transport'
import type { WorkerConfig } from './config.ts'

/** A gateway, and whether it takes a message it had before a second time. */
export type ListedGateway = SmsGateway & { readonly idempotent: boolean }

/** The gateways of the configuration, in its order. */
export function listGateways({ gateways, ccp }: WorkerConfig, transport: Transport): ListedGateway[] {
  const makers: Record<string, () => ListedGateway> = {
    ccp: () => ({ ...createCcpGateway({ ...ccp, transport }), idempotent: true }),
    console: () => ({
      ...createConsoleGateway({ write: (line) => process.stdout.write(line) }),
      idempotent: false,
    }),
  }
  return gateways.flatMap((name) => makers[name]?.() ?? [])
}
