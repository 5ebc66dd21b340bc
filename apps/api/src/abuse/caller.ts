import type { Keyring } from '@sms-codes/core/keyring'
import { addressGroup, subnetOf } from '@sms-codes/core/limits/client-address'

/** The address of a client, and the pseudonyms under which Redis counts this address and its subnet. */
export type Caller = { ip: string; address: string; subnet: string }

/** One request for a message: its caller, and the phone that the message is for. */
export type SendAttempt = Caller & { mobile: string }

export function createCallers(keyring: Pick<Keyring, 'pseudonym'>) {
  return (ip: string): Caller => ({
    ip,
    address: keyring.pseudonym(addressGroup(ip)),
    subnet: keyring.pseudonym(subnetOf(ip)),
  })
}

/** Returns the segment of a number: its first seven digits. */
export const numberSegment = (mobile: string): string => mobile.slice(0, 7)
