import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { egressProxyOf, egressVariables } from '../../src/config/egress-proxy.ts'
import { loadConfig, type Env } from '../../src/config/load.ts'
import { findMisspelled } from '../../src/config/misspelled.ts'

const schema = Type.Object(egressVariables)
const load = (env: Env) => egressProxyOf(loadConfig(schema, env))

describe('HTTPS_PROXY', () => {
  it.each([
    ['http://proxy:3128', 'http://proxy:3128/'],
    ['http://proxy.corp.example/', 'http://proxy.corp.example/'],
    ['https://user:p%40ss@proxy:3129', 'https://user:p%40ss@proxy:3129/'],
    ['10.1.2.3:3128', 'http://10.1.2.3:3128/'],
  ])('may be %s', (given, href) => {
    expect(load({ HTTPS_PROXY: given })?.url.href).toBe(href)
  })

  it.each([
    ['another protocol', 'socks5://canary:canary@proxy:1080'],
    ['no host', 'http://'],
    ['a blank', 'http://canary proxy:3128'],
    ['a port that is no number', 'http://proxy:canary'],
    ['a path', 'http://proxy:3128/canary'],
    ['a # in the password, which ends the host', 'http://user:1#canary@proxy:3128'],
    ['a / in the password', 'http://user:1/canary@proxy:3128'],
    ['a % in the password that encodes nothing', 'http://user:canary%@proxy:3128'],
    ['an IPv6 address, which the agent cannot call', 'http://canary:canary@[2001:db8::1]:3128'],
  ])('with %s is a fault that repeats none of it', (_what, given) => {
    expect(() => load({ HTTPS_PROXY: given })).toThrow(/\n {2}HTTPS_PROXY: /)
    expect(() => load({ HTTPS_PROXY: given })).not.toThrow(/canary/)
  })

  it('is not set in most environments', () => {
    expect(load({ NO_PROXY: '*', HTTP_PROXY: 'http://proxy:3128' })).toBeUndefined()
  })
})

describe('a name in small letters', () => {
  const small = { https_proxy: 'http://small:3128', no_proxy: 'small.example' }

  it('is read, unless the name in capitals is set', () => {
    const proxy = load(small)
    expect(proxy?.url.host).toBe('small:3128')
    expect(proxy?.isDirect(new URL('https://small.example/'))).toBe(true)
    expect(load({ ...small, HTTPS_PROXY: 'http://capitals:3128' })?.url.host).toBe('capitals:3128')
    expect(load({ ...small, HTTPS_PROXY: '' })?.url.host).toBe('small:3128')
    expect(() => load({ https_proxy: 'ftp://x' })).toThrow('HTTPS_PROXY: ')
  })

  it('is not reported as misspelled', () => {
    expect(findMisspelled(schema, small)).toEqual([])
  })

  it('is not read for any other variable', () => {
    const others = Type.Object({ HOST: Type.String({ default: '127.0.0.1' }) })
    expect(loadConfig(others, { host: '10.0.0.1' }).HOST).toBe('127.0.0.1')
  })
})

describe('NO_PROXY', () => {
  const isDirect = (list: string, url: string) =>
    load({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: list })?.isDirect(new URL(url))

  it.each([
    ['shop.example', 'https://shop.example/', true],
    ['shop.example', 'https://api.SHOP.example:8443/', true],
    ['shop.example', 'https://workshop.example/', false],
    ['shop.example', 'https://shop.example.com/', false],
    ['.shop.example', 'https://api.shop.example/', true],
    ['*.shop.example', 'https://api.shop.example/', true],
    ['a.example, b.example', 'https://b.example/', true],
    ['a.example b.example', 'https://b.example/', true],
    ['shop.example:8443', 'https://shop.example:8443/', true],
    ['shop.example:8443', 'https://shop.example/', false],
    ['shop.example:443', 'https://shop.example/', true],
    ['10.0.0.0/8', 'https://10.9.8.7/', true],
    ['10.0.0.0/8', 'https://11.9.8.7/', false],
    ['10.0.0.0/8', 'https://10.example/', false],
    ['10.9.8.7', 'https://10.9.8.7:8443/', true],
    ['2001:db8::/32', 'https://[2001:db8::7]/', true],
    ['*', 'https://vendor.example/', true],
    ['', 'https://vendor.example/', false],
    [',, ,', 'https://vendor.example/', false],
    ['', 'https://localhost:8443/', true],
    ['', 'https://127.0.0.2/', true],
    ['', 'https://[::1]/', true],
  ])('%j: a call to %s is direct: %s', (list, url, expected) => {
    expect(isDirect(list, url)).toBe(expected)
  })
})
