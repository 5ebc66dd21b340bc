import { describe, expect, it } from 'vitest'
import { createNetworks, parseListEntry, phoneNames } from '../../src/limits/networks.ts'

const PH = 'abcdefghijklmnopqrst-_'

describe('an entry of a list', () => {
  it.each([
    ['138', 'segment', '138'],
    ['1390001', 'segment', '1390001'],
    ['+86170', 'segment', '170'],
    ['+861390001', 'segment', '1390001'],
    ['+852', 'segment', '+852'],
    ['+8529123', 'segment', '+8529123'],
    ['+1', 'segment', '+1'],
    [PH, 'phone', PH],
    ['10.0.0.0/8', 'network', '10.0.0.0/8'],
    ['10.1.2.3', 'network', '10.1.2.3/32'],
    ['2001:DB8:0::/32', 'network', '2001:db8::/32'],
    ['2001:db8::7', 'network', '2001:db8::7/64'],
    ['2001:db8::7/128', 'network', '2001:db8::7/128'],
  ])('%s is a %s and is stored as %s', (text, kind, kept) => {
    expect(parseListEntry(text)).toEqual({ kind, text: kept })
  })

  it.each([
    ['a whole number', '13900010001'],
    ['nearly a whole number', '13900010'],
    ['two digits', '13'],
    ['digits that no mobile number begins with', '1200000'],
    ['nearly a whole number with its calling code', '+8613900010'],
    ['a whole number of another country', '+85291234567'],
    ['eight digits of another country', '+85291234'],
    ['the calling code of the mainland alone', '+86'],
    ['the begin of a calling code', '+85'],
    ['another country without its plus', '852'],
    ['a pseudonym cut short', PH.slice(1)],
    ['all of IPv4', '0.0.0.0/0'],
    ['all of IPv6', '::/0'],
    ['a network without its size', '10.0.0.0/'],
    ['a size out of range', '10.0.0.0/33'],
    ['two sizes', '10.0.0.0/8/8'],
    ['a zone', 'fe80::1%eth0'],
    ['an IPv4-mapped address', '::ffff:10.0.0.1'],
    ['half an address', '10.0.0'],
    ['nothing', ''],
    ['a space', ' 138'],
  ])('cannot be %s', (_what, text) => {
    expect(parseListEntry(text)).toBeNull()
  })

  it('matches a phone by each of its segments and by its pseudonym', () => {
    expect(phoneNames({ mobile: '+8613900017777', ph: PH })).toEqual([
      '139',
      '1390',
      '13900',
      '139000',
      '1390001',
      PH,
    ])
    expect(phoneNames({ mobile: '+85291234567', ph: PH })).toEqual([
      '+852',
      '+8529',
      '+85291',
      '+852912',
      '+8529123',
      PH,
    ])
  })
})

describe('networks', () => {
  const find = createNetworks(['10.0.0.0/8', '10.1.0.0/16', '192.0.2.7/32', '2001:db8::/32'])

  it.each([
    ['10.1.2.3', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['2001:db8:1::1', '2001:db8::/32'],
    ['2001:db8::1%eth0', '2001:db8::/32'],
  ])('%s is found in %s', (ip, network) => {
    expect(find(ip)).toBe(network)
  })

  it.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '::ffff:11.0.0.1', 'unknown', '', '10.1.2.3:80'])(
    '"%s" is in no network',
    (ip) => {
      expect(find(ip)).toBeNull()
    },
  )
})
