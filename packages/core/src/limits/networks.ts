import { BlockList, isIP, isIPv6 } from 'node:net'

/** An entry of an allow or deny list: client addresses, the first digits of numbers, or the pseudonym of a phone. */
export type ListEntry = {
  kind: 'network' | 'segment' | 'phone'
  /** The canonical spelling, under which Redis stores and finds the entry. */
  text: string
}

/** A request for a message: the full address of the client, the phone and its pseudonym `ph`. */
export type Asker = { ip: string; mobile: string; ph: string }

const PHONE = /^[A-Za-z0-9_-]{22}$/
// A segment has at most 7 of the 11 digits, so a segment covers at least 10,000 numbers.
const SEGMENT = /^1[3-9][0-9]{1,5}$/
const SEGMENT_LENGTHS = [3, 4, 5, 6, 7]

/** @returns null for text that is not an entry, and for a network of all addresses (/0) */
export function parseListEntry(text: string): ListEntry | null {
  if (SEGMENT.test(text)) return { kind: 'segment', text }
  if (PHONE.test(text)) return { kind: 'phone', text }
  const network = parseNetwork(text)
  if (network === null || network.address.includes('%')) return null
  const { address, family } = network
  // An IPv6 address without a prefix means its /64, because a provider gives each customer a whole /64.
  const prefix = network.prefix ?? (family === 4 ? 32 : 64)
  if (family === 4) return { kind: 'network', text: `${address}/${prefix}` }
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  // An IPv4-mapped entry is refused, because an IPv4 entry also matches IPv4-mapped addresses.
  return canonical.startsWith('::ffff:') ? null : { kind: 'network', text: `${canonical}/${prefix}` }
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

/** All entries that match a phone: its segments of 3 to 7 digits, and its pseudonym. */
export function phoneNames({ mobile, ph }: Pick<Asker, 'mobile' | 'ph'>): string[] {
  return [...SEGMENT_LENGTHS.map((length) => mobile.slice(0, length)), ph]
}

/** @returns a function that finds the first network that contains an address */
export function createNetworks(texts: readonly string[]) {
  const all = toBlockList(texts)
  return (ip: string): string | null => {
    if (!isIn(all, ip)) return null
    return texts.find((text) => isIn(toBlockList([text]), ip)) ?? null
  }
}

function toBlockList(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return list
}

/** False for text that is not an address, because a proxy may pass on any text. */
function isIn(list: BlockList, ip: string): boolean {
  const [bare = ''] = ip.split('%')
  const family = isIP(bare)
  return family !== 0 && list.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}
