import type { IncomingMessage } from 'node:http'
import { containedIpv4, parseAddress, parseForwarded } from './client-address.ts'
import { createNetworks } from './networks.ts'

/**
 * Returns a function that finds the address of the client of a request: the address that the last trusted proxy
 * wrote into X-Forwarded-For. If this proxy wrote something else, the request counts under the address of the proxy.
 * @param proxies addresses and networks of the trusted proxies
 */
export function createClientAddress(proxies: readonly string[]) {
  const proxyOf = createNetworks(proxies)
  // A host chooses its own 6to4 address, so the IPv4 address that it contains does not make it trusted.
  const isTrusted = (address: string) => containedIpv4(address) === null && proxyOf(address) !== null

  return ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string => {
    let client = parseAddress(socket.remoteAddress ?? '') ?? 'unknown'
    // Node joins repeated headers. An empty element of a list means nothing (RFC 9110).
    const hops = String(headers['x-forwarded-for'] ?? '').split(',')
    for (const hop of hops.filter((text) => text.trim() !== '').toReversed()) {
      const address = isTrusted(client) ? parseForwarded(hop) : null
      if (address === null) break
      client = address
    }
    return client
  }
}
export type ClientAddress = ReturnType<typeof createClientAddress>
