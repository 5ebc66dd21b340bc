import type { SmsGateway } from '@sms-codes/gateways/gateway'

/** A gateway of a channel, with what it offers for a message that it may have taken already. */
export type ListedGateway = SmsGateway
