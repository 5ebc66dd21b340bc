import { isIPv6 } from 'node:net'

/**
 * Limits count addresses and subnets. A whole IPv6 /64 counts as one address, because one customer can use the whole
 * /64. A subnet is an IPv6 /48 or an IPv4 /24. An IPv4-mapped IPv6 address counts as its IPv4 address.
 */
export function addressGroup(ip: string): string {
  const parts = partsOf(ip)
  return parts.length === 4 ? parts.join('.') : `${parts.slice(0, 4).join(':')}::/64`
}

export function subnetOf(ip: string): string {
  const parts = partsOf(ip)
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.0/24` : `${parts.slice(0, 3).join(':')}::/48`
}

/** The four numbers of an IPv4 address, or the eight groups of an IPv6 address. */
function partsOf(ip: string): (string | number)[] {
  const bare = ip.split('%')[0] ?? ip
  if (!isIPv6(bare)) return bare.split('.')
  // URL turns every spelling of an address into one canonical spelling.
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [left = [], right] = canonical.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const zeros = right === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...(right ?? [])]
  if (!/^(0:){5}ffff:/.test(groups.join(':'))) return groups
  const [high, low] = groups.slice(6).map((group) => parseInt(group, 16))
  return [high, low].flatMap((word = 0) => [word >> 8, word & 255])
}
