import { BlockList, isIP } from 'node:net'
import { CALLING_CODE, numberSegment, prefixOf, shortForm } from '../mobile.ts'
import { containedIpv4, parseAddress } from './client-address.ts'

/** An entry of an allow or deny list: client addresses, the first digits of numbers, or the pseudonym of a phone. */
export type ListEntry = {
  kind: 'network' | 'segment' | 'phone'
  /** The canonical spelling, under which Redis stores and finds the entry. */
  text: string
}

/** A request for a message: the full address of the client, the phone and its pseudonym `ph`. */
export type Asker = { ip: string; mobile: string; ph: string }

const PHONE = /^[A-Za-z0-9_-]{22}$/
// An entry has at most 7 digits, so it covers at least 10,000 numbers of the mainland and is no whole number anywhere.
const SEGMENT = new RegExp(`^(?:1[3-9][0-9]{1,5}|(?=.{2,8}$)\\+(?:${CALLING_CODE})[0-9]*)$`)

/** @returns null for text that is not an entry, and for a network of all addresses (/0) */
export function parseListEntry(text: string): ListEntry | null {
  const segment = shortForm(text)
  if (SEGMENT.test(segment)) return { kind: 'segment', text: segment }
  if (PHONE.test(text)) return { kind: 'phone', text }
  const network = parseNetwork(text)
  if (network === null || network.address.includes('%')) return null
  const { address, family } = network
  // An IPv6 address without a prefix means its /64, because a provider gives each customer a whole /64.
  const prefix = network.prefix ?? (family === 4 ? 32 : 64)
  const canonical = parseAddress(address) ?? address
  // An IPv4-mapped entry is refused, because an IPv4 entry also matches IPv4-mapped addresses.
  return isIP(canonical) === family ? { kind: 'network', text: `${canonical}/${prefix}` } : null
}

/** Parses an address or a network (CIDR). @returns null for other text, and for a network of all addresses (/0) */
export function parseNetwork(text: string): { address: string; family: number; prefix?: number } | null {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return null
  if (bits === undefined) return { address, family }
  const isPrefix = /^[1-9][0-9]{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  return isPrefix ? { address, family, prefix: Number(bits) } : null
}

/** All entries that match a phone: the prefixes of its number segment, in their short form, and its pseudonym. */
export function phoneNames({ mobile, ph }: Pick<Asker, 'mobile' | 'ph'>): string[] {
  const [segment, shortest] = [numberSegment(mobile), prefixOf(mobile).length]
  const count = segment.length - shortest + 1
  return [...Array.from({ length: count }, (_, i) => segment.slice(0, shortest + i)), ph]
}

/**
 * @returns a function that finds the first network that contains an address, or the IPv4 address in this address. It
 *   returns null for text that is not an address.
 */
export function createNetworks(texts: readonly string[]): (ip: string) => string | null {
  // Most lists are empty, and a send asks four of them. Searching them took 6 % of its CPU.
  if (texts.length === 0) return () => null
  const all = toBlockList(texts)
  return (ip) => {
    const address = parseAddress(ip)
    if (address === null) return null
    const forms = [address, containedIpv4(address) ?? address]
    const isIn = (list: BlockList) => forms.some((form) => list.check(form, familyOf(form)))
    return isIn(all) ? (texts.find((text) => isIn(toBlockList([text]))) ?? null) : null
  }
}

function toBlockList(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    if (prefix === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return list
}

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4')
