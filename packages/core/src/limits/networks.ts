import { BlockList, isIP, isIPv6 } from 'node:net'

/** `network` holds client addresses, `segment` numbers by their first digits, `phone` one by its pseudonym. */
export type ListEntry = {
  kind: 'network' | 'segment' | 'phone'
  /** The one spelling under which it is kept and found. */
  text: string
}

/** Who asks for a message to whom. `ip` is as the connection has it, `ph` the pseudonym of the phone. */
export type Asker = { ip: string; mobile: string; ph: string }

const PHONE = /^[A-Za-z0-9_-]{22}$/
// Never a whole number, nor so much of one that the rest could be guessed from a mask.
const SEGMENT = /^1[3-9][0-9]{1,5}$/
const [SHORTEST, LONGEST] = [3, 7]

/** Parses an entry of a list. Answers null if it is not one, or if its network is a catch-all. */
export function parseListEntry(text: string): ListEntry | null {
  if (SEGMENT.test(text)) return { kind: 'segment', text }
  if (PHONE.test(text)) return { kind: 'phone', text }
  const network = parseNetwork(text)
  if (network === null || network.address.includes('%')) return null
  const { address, family } = network
  // One customer holds all of an IPv6 /64.
  const prefix = network.prefix ?? (family === 4 ? 32 : 64)
  if (family === 4) return { kind: 'network', text: `${address}/${prefix}` }
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  // An IPv4-mapped address is found by its IPv4 entry.
  return canonical.startsWith('::ffff:') ? null : { kind: 'network', text: `${canonical}/${prefix}` }
}

/** An address, or a network in CIDR notation. Answers null for other text and for a catch-all such as 0.0.0.0/0. */
export function parseNetwork(text: string): { address: string; family: number; prefix?: number } | null {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return null
  if (bits === undefined) return { address, family }
  const isPrefix = /^[1-9][0-9]{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  return isPrefix ? { address, family, prefix: Number(bits) } : null
}

/** The names under which a phone can stand on a list. */
export function phoneNames({ mobile, ph }: Pick<Asker, 'mobile' | 'ph'>): string[] {
  const lengths = Array.from({ length: LONGEST - SHORTEST + 1 }, (_, i) => SHORTEST + i)
  return [...lengths.map((length) => mobile.slice(0, length)), ph]
}

/** Finds the first network that an address lies in, by its text. */
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

/** False for what is no address: a proxy may pass on any text. */
function isIn(list: BlockList, ip: string): boolean {
  const [bare = ''] = ip.split('%')
  const family = isIP(bare)
  return family !== 0 && list.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}
