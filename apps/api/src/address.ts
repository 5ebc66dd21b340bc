import { isIPv6 } from 'node:net'

/**
 * The unit that per-address limits count: an IPv4 address, or the /64 of an IPv6 address, because one
 * customer holds all of a /64 and could otherwise walk through it. IPv4 in IPv6 dress counts as IPv4.
 */
export function addressGroup(ip: string): string {
  const bare = ip.split('%')[0] ?? ip
  if (!isIPv6(bare)) return bare
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  if (mapped?.[1] !== undefined) return mapped[1]
  // URL writes every spelling of an address in the one canonical way.
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  const [a, b, c, d, e, f, g = '0', h = '0'] = groups
  if ([a, b, c, d, e].every((group) => group === '0') && f === 'ffff') {
    const [high, low] = [parseInt(g, 16), parseInt(h, 16)]
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  }
  return `${[a, b, c, d].join(':')}::/64`
}
