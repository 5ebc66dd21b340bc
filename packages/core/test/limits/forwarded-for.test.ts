import fc from 'fast-check'
import { isIP, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { addressGroup, subnetOf } from '../../src/limits/client-address.ts'
import { createClientAddress } from '../../src/limits/forwarded-for.ts'
import { createNetworks } from '../../src/limits/networks.ts'

const PROXY = '10.0.0.1'
const clientAddress = createClientAddress(['10.0.0.0/8', '2001:db8:ffff::/48', '::1'])

/** A socket with the given address of its other end. */
function socketFrom(remoteAddress: string | undefined): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress })
}

const from = (header: string | string[] | undefined, peer = PROXY) =>
  clientAddress({ headers: { 'x-forwarded-for': header }, socket: socketFrom(peer) })

describe('the client behind a proxy that writes', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:5678', '203.0.113.7'],
    [' 203.0.113.7:5678 ', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:DB8:0:0::01]:443', '2001:db8::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['fe80::1%25eth0', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
  ])('"%s" is %s', (header, client) => {
    expect(from(header)).toBe(client)
  })

  it.each([
    'unknown',
    'localhost',
    '_hidden',
    'unix:',
    'for=203.0.113.7',
    'for="[2001:db8::1]:443"',
    '203.0.113',
    '203.0.113.7.8',
    '203.0.113.256',
    '203.000.113.007',
    '0xcb.0.113.7',
    '203.0.113.7:port',
    '203.0.113.7/32',
    '203.0.113.7;10.1.1.1',
    '[203.0.113.7',
    '2001:db8::1]:443',
    '[[2001:db8::1]]',
    '2001:db8:::1',
    '2001:db8::g',
    '*',
    '，',
    '',
    ' , ,',
  ])('"%s" counts under the address of the proxy', (header) => {
    expect(from(header)).toBe(PROXY)
    expect(from(`${header}, 10.0.0.2`)).toBe('10.0.0.2')
  })

  it('nothing counts under the address of the proxy', () => {
    expect(from(undefined)).toBe(PROXY)
  })
})

it('is found for each request of a connection, because a proxy sends the requests of many clients over one', () => {
  const [proxy, other] = [socketFrom(PROXY), socketFrom('198.51.100.9')]
  const over = (socket: Socket, header?: string) =>
    clientAddress({ headers: { 'x-forwarded-for': header }, socket })
  expect(over(proxy, '203.0.113.7')).toBe('203.0.113.7')
  expect(over(proxy, '2001:db8::1')).toBe('2001:db8::1')
  expect(over(proxy)).toBe(PROXY)
  for (const header of ['203.0.113.7', '2001:db8::1']) expect(over(other, header)).toBe('198.51.100.9')
})

describe('a list of hops', () => {
  it.each([
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:1111, 10.0.0.2:2222', '203.0.113.7'],
    ['203.0.113.7:1111, [2001:db8:ffff::2]:2222, ::ffff:10.0.0.2', '203.0.113.7'],
    ['198.51.100.1, unknown, 10.0.0.2:2222', '10.0.0.2'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['203.0.113.7,', '203.0.113.7'],
    [', 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, , 10.0.0.2', '203.0.113.7'],
  ])('"%s" ends at the first hop that is not trusted: %s', (header, client) => {
    expect(from(header)).toBe(client)
  })

  it('may be in several headers', () => {
    expect(from(['198.51.100.1', '203.0.113.7, 10.0.0.2:80'])).toBe('203.0.113.7')
  })

  it.each(['::ffff:10.0.0.1', '::1', '2001:db8:ffff::1'])('is believed from the proxy %s', (peer) => {
    expect(from('203.0.113.7:80', peer)).toBe('203.0.113.7')
  })

  it.each(['203.0.113.9', '2001:db8::9', '::2', '2002:a00:1::1', '64:ff9b::a00:1'])(
    'is not believed from the client %s',
    (peer) => {
      expect(from('203.0.113.7', peer)).toBe(peer)
    },
  )

  it('is not believed before a hop whose 6to4 address contains the address of a proxy', () => {
    expect(from('203.0.113.7, 2002:a00:1::1')).toBe('2002:a00:1::1')
  })

  it('from a closed connection belongs to no client, and does not throw', () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' }
    expect(addressGroup(clientAddress({ headers, socket: socketFrom(undefined) }))).toBe('unknown::/64')
  })
})

describe('an IPv6 address that contains an IPv4 address', () => {
  const inNetwork = createNetworks(['203.0.113.0/24', '2002::/16'])

  it.each([
    ['6to4', '2002:cb00:7107::1'],
    ['6to4, with another interface', '2002:cb00:7107:1:2:3:4:5'],
    ['NAT64', '64:ff9b::cb00:7107'],
    ['NAT64, with dots', '64:ff9b::203.0.113.7'],
    ['IPv4-mapped', '::ffff:203.0.113.7'],
  ])('counts as the IPv4 address: %s', (_kind, address) => {
    expect(addressGroup(address)).toBe('203.0.113.7')
    expect(subnetOf(address)).toBe('203.0.113.0/24')
    expect(inNetwork(address)).toBe('203.0.113.0/24')
    expect(addressGroup(from(`[${address}]:443`))).toBe('203.0.113.7')
  })

  it('is also in the IPv6 networks that contain it', () => {
    expect(inNetwork('2002:c633:6401::1')).toBe('2002::/16')
  })

  it.each(['2001:0:cb00:7107::1', '2001:db8::5efe:203.0.113.7', '64:ff9b:1::cb00:7107', '2003:cb00:7107::1'])(
    'is not %s, which counts as its /64',
    (address) => {
      expect(addressGroup(address)).toMatch(/::\/64$/)
      expect(inNetwork(address)).toBeNull()
    },
  )
})

describe('for any text', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  const spelled = address.chain((ip) => {
    const host = isIP(ip) === 6 ? `[${ip}]` : ip
    const port = fc.integer({ min: 0, max: 65_535 })
    return fc.oneof(
      fc.constant({ ip, text: ip }),
      port.map((n) => ({ ip, text: `${host}:${n}` })),
      ...(isIP(ip) === 6
        ? [fc.constant({ ip, text: host }), fc.constant({ ip, text: `${ip.toUpperCase()}%eth0` })]
        : [fc.constant({ ip, text: `::ffff:${ip}` })]),
    )
  })

  it('every spelling of an address counts as the address', () => {
    fc.assert(
      fc.property(spelled, ({ ip, text }) => {
        const proxied = createClientAddress([PROXY])
        const client = proxied({ headers: { 'x-forwarded-for': text }, socket: socketFrom(PROXY) })
        expect(addressGroup(client)).toBe(addressGroup(ip))
        expect(subnetOf(client)).toBe(subnetOf(ip))
      }),
    )
  })

  it('a trusted hop is recognised in every spelling', () => {
    fc.assert(
      fc.property(spelled, ({ ip, text }) => {
        fc.pre(!/^(2002:|64:ff9b:)/.test(addressGroup(ip)) && !/^(2002|64:ff9b|0*64:)/i.test(ip))
        const proxied = createClientAddress([PROXY, ip])
        const headers = { 'x-forwarded-for': `203.0.113.7, ${text}` }
        expect(proxied({ headers, socket: socketFrom(PROXY) })).toBe('203.0.113.7')
      }),
    )
  })

  it('the result is an address, and nothing throws', () => {
    const part = fc.oneof(
      fc.string(),
      spelled.map(({ text }) => text),
      fc.constantFrom('unknown', '', ' ', 'for=', '%', '[', ']', ':', '::'),
    )
    fc.assert(
      fc.property(fc.array(part), part, (parts, peer) => {
        expect(isIP(from(parts.join(',')))).not.toBe(0)
        for (const text of [...parts, peer, from(parts, peer)]) {
          addressGroup(text)
          subnetOf(text)
          createNetworks(['203.0.113.0/24'])(text)
        }
      }),
    )
  })
})
