import { isIP, isIPv4, isIPv6 } from 'node:net'

/**
 * Limits count addresses and subnets. A whole IPv6 /64 counts as one address, because one customer can use the whole
 * /64. A subnet is an IPv6 /48 or an IPv4 /24. An IPv6 address that contains an IPv4 address (see CONTAINERS) counts
 * as the IPv4 address.
 */
export function addressGroup(ip: string): string {
  const parts = partsOf(ip)
  return parts.length === 4 ? parts.join('.') : `${parts.slice(0, 4).join(':')}::/64`
}

export function subnetOf(ip: string): string {
  const parts = partsOf(ip)
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.0/24` : `${parts.slice(0, 3).join(':')}::/48`
}

const MAPPED = /^(0:){5}ffff:/

/**
 * The IPv6 networks whose addresses contain an IPv4 address, and the group at which it begins: IPv4-mapped, 6to4 and
 * NAT64. ISATAP and Teredo are not in the list, because an ISATAP site has a /64 of its own and Teredo is retired.
 */
const CONTAINERS: readonly [network: RegExp, group: number][] = [
  [MAPPED, 6],
  [/^2002:/, 1],
  [/^64:ff9b:(0:){4}/, 6],
]

/**
 * Reads an address as proxies write it, such as `1.2.3.4:5678` and `[2001:db8::1]:443`. The result has the canonical
 * spelling. @returns null for text that is not an address
 */
export function parseForwarded(text: string): string | null {
  if (isIPv4(text)) return text
  const unwrapped = text.trim().replace(/^\[(.*)\](:\d+)?$/, '$1')
  return parseAddress(unwrapped.replace(/^([\d.]+):\d+$/, '$1'))
}

/**
 * Turns an address into its canonical spelling, without a zone. An IPv4-mapped address becomes its IPv4 address.
 * @returns null for text that is not an address
 */
export function parseAddress(text: string): string | null {
  if (isIPv4(text)) return text
  const [bare = ''] = text.split('%')
  if (isIP(bare) !== 6) return isIP(bare) === 4 ? bare : null
  // URL turns every spelling of an address into one canonical spelling.
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  return MAPPED.test(groupsOf(canonical).join(':')) ? containedIpv4(canonical) : canonical
}

/** @returns the IPv4 address in a canonical IPv6 address, or null if it contains none */
export function containedIpv4(address: string): string | null {
  if (!address.includes(':') || !isIPv6(address)) return null
  const groups = groupsOf(address)
  const [, at] = CONTAINERS.find(([network]) => network.test(groups.join(':'))) ?? []
  if (at === undefined) return null
  const words = groups.slice(at, at + 2).map((group) => parseInt(group, 16))
  return words.flatMap((word) => [word >> 8, word & 255]).join('.')
}

/** The four numbers of an IPv4 address, or the eight groups of an IPv6 address. */
function partsOf(ip: string): string[] {
  if (isIPv4(ip)) return ip.split('.')
  const address = parseForwarded(ip) ?? ip
  const ipv4 = containedIpv4(address) ?? address
  return isIPv6(ipv4) ? groupsOf(ipv4) : ipv4.split('.')
}

function groupsOf(canonical: string): string[] {
  const [left = [], right] = canonical.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const zeros = right === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array<string>(zeros).fill('0'), ...(right ?? [])]
}
