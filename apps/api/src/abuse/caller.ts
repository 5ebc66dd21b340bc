import type { FastifyRequest } from 'fastify'
import type { Keyring } from '@sms-codes/core/keyring'
import { addressGroup, subnetOf } from '@sms-codes/core/limits/client-address'
import type { ClientAddress } from '@sms-codes/core/limits/forwarded-for'

/** The address of a client, and the pseudonyms under which Redis counts this address and its subnet. */
export type Caller = { ip: string; address: string; subnet: string }

/**
 * One request for a message: its caller, and the phone that the message is for, with its country. `backEnd` is the name
 * of the API key of the request, and `limitKey` a device or session that the back end named.
 */
export type SendAttempt = Caller & {
  mobile: string
  country: string
  backEnd?: string | undefined
  limitKey?: string | undefined
}

export function createCallers(keyring: Pick<Keyring, 'pseudonym'>, clientAddress: ClientAddress) {
  /** @param ip the address of the user, if a back end has named it */
  return (request: FastifyRequest, ip = clientAddress(request.raw)): Caller => {
    const [address, subnet] = [addressGroup(ip), subnetOf(ip)]
    return { ip, address: keyring.pseudonym(address), subnet: keyring.pseudonym(subnet) }
  }
}
