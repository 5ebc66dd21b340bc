import type { FastifyRequest } from 'fastify'
import type { Keyring } from '@sms-codes/core/keyring'
import { addressGroup, subnetOf } from '@sms-codes/core/limits/client-address'
import type { ClientAddress } from '@sms-codes/core/limits/forwarded-for'

/** The address of a client, and the pseudonyms under which Redis counts this address and its subnet. */
export type Caller = { ip: string; address: string; subnet: string }

/** One request for a message: its caller, and the phone that the message is for, with its country. */
export type SendAttempt = Caller & { mobile: string; country: string }

export function createCallers(keyring: Pick<Keyring, 'pseudonym'>, clientAddress: ClientAddress) {
  return (request: FastifyRequest): Caller => {
    const ip = clientAddress(request.raw)
    const [address, subnet] = [addressGroup(ip), subnetOf(ip)]
    return { ip, address: keyring.pseudonym(address), subnet: keyring.pseudonym(subnet) }
  }
}
