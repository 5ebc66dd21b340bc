import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRedisUrl } from '../../src/redis/url.ts'

const secret = 'hunter2hunter2'

function faultsOf(url: string): string[] {
  try {
    parseRedisUrl(url)
    return []
  } catch (err) {
    return err instanceof Error ? err.message.split('\n') : []
  }
}

describe('REDIS_URL', () => {
  it.each(['redis://127.0.0.1:6379', 'rediss://user:pass@redis.example:6380/2'])(
    'with one server is passed to the client unchanged: %s',
    (url) => {
      expect(parseRedisUrl(url)).toEqual({ kind: 'single', url })
    },
  )

  it('with Sentinels names the primary', () => {
    expect(parseRedisUrl('redis+sentinel://a:26380,b,[::1]:5/main')).toEqual({
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26_380 },
        { host: 'b', port: 26_379 },
        { host: '::1', port: 5 },
      ],
      tls: false,
      login: {},
      name: 'main',
      db: 0,
      sentinelLogin: {},
    })
  })

  it('with Sentinels may have a database and two logins', () => {
    const url = 'rediss+sentinel://app:p%40ss@a/main/3?sentinel_username=s&sentinel_password=q%2Fq'
    expect(parseRedisUrl(url)).toMatchObject({
      tls: true,
      login: { username: 'app', password: 'p@ss' },
      db: 3,
      sentinelLogin: { username: 's', password: 'q/q' },
    })
  })

  it('with a Cluster names some of its nodes', () => {
    expect(parseRedisUrl('redis+cluster://:p@a:7000,b')).toEqual({
      kind: 'cluster',
      hosts: [
        { host: 'a', port: 7_000 },
        { host: 'b', port: 6_379 },
      ],
      tls: false,
      login: { password: 'p' },
    })
  })

  it.each([
    ['no host', 'redis+cluster://', /must be redis:/],
    ['an empty host', `redis+cluster://:${secret}@a:1,,b:2`, /host/],
    ['a port out of range', `redis+cluster://:${secret}@a:70000`, /host/],
    ['a port of 0', 'redis+cluster://a:0', /host/],
    ['a Cluster with a database', 'redis+cluster://a:1/2', /no database/],
    ['a Cluster with options', `redis+cluster://a:1?sentinel_password=${secret}`, /the only options/],
    ['Sentinels without a name', `redis+sentinel://:${secret}@a:1`, /name of the primary/],
    ['a database that is not a number', 'redis+sentinel://a:1/main/zero', /database/],
    ['an unknown option', `redis+sentinel://a/main?password=${secret}`, /the only options/],
    ['a login without a colon', `redis+sentinel://${secret}@a/main`, /login/],
    ['a password with a stray percent sign', `redis+cluster://:%${secret}@a`, /login/],
    ['a password with an @ in it', `redis+cluster://:${secret}@${secret}@a`, /must be redis:/],
    [
      'one server and a database that is not a number',
      `redis://:${secret}@a/first`,
      /database must be a number/,
    ],
    ['no host for one server', 'redis:///0', /the host is missing/],
    ['one server and two databases', `redis://:${secret}@a/3/4`, /database must be a number/],
    ['one server and options', `redis://a?password=${secret}`, /no options/],
    ['one server and a port out of range', `redis://:${secret}@a:99999`, /must be an address/],
  ])('with %s is refused, and the fault does not repeat the password', (_what, url, fault) => {
    const faults = faultsOf(url)
    expect(faults).toEqual([expect.stringMatching(fault)])
    expect(faults.join()).not.toContain(secret)
  })

  it('reports all of its faults at once', () => {
    expect(faultsOf(`redis+sentinel://:%${secret}@a:0/?x=1`)).toHaveLength(4)
  })

  it('is one of the four forms of an address or has faults, for any text', () => {
    const parts = fc.constantFrom(
      'redis',
      's',
      '+sentinel',
      '+cluster',
      '://',
      'a',
      ':',
      '1',
      '@',
      ',',
      '/',
      '?',
      '%',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 14 }), (list) => {
        const url = list.join('')
        const faults = faultsOf(url)
        expect(faults.every((fault) => fault !== '')).toBe(true)
        expect(faults.length > 0 || /^rediss?(\+sentinel|\+cluster)?:\/\/.+/.test(url)).toBe(true)
      }),
    )
  })
})
