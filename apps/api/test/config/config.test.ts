import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '@sms-codes/core/config/load'
import { loadApiConfig } from '../../src/config/config.ts'

const key = () => randomBytes(32).toString('base64')
const good = { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` }

function allFaultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadApiConfig(env)
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
}
const faultsOf = (env: Record<string, string>) => allFaultsOf(env).map((fault) => fault.split(':')[0] ?? '')

describe('the configuration of the API', () => {
  it('needs only the keys', () => {
    expect(loadApiConfig(good)).toMatchObject({
      port: 3000,
      opsPort: 9100,
      host: '127.0.0.1',
      trustProxy: [],
      policies: {
        default: {
          length: 6,
          ttlSeconds: 300,
          sendWithinSeconds: 120,
          compares: 5,
          missesPerDay: 15,
          missesWithIdPerDay: 100,
          sends: [
            { most: 1, seconds: 60 },
            { most: 5, seconds: 3_600 },
            { most: 10, seconds: 86_400 },
          ],
        },
      },
    })
  })

  it('lets a scene set its own life, length and limits', () => {
    const { policies } = loadApiConfig({
      ...good,
      SCENES: 'default; login ttl=120 within=60; pay length=8 sends=1/60,2/180,3/480',
    })
    expect(policies['login']).toMatchObject({ ttlSeconds: 120, sendWithinSeconds: 60, length: 6 })
    expect(policies['pay']).toMatchObject({
      ttlSeconds: 300,
      length: 8,
      sends: [
        { most: 1, seconds: 60 },
        { most: 2, seconds: 180 },
        { most: 3, seconds: 480 },
      ],
    })
    expect(Object.keys(policies)).toEqual(['default', 'login', 'pay'])
    // Twice the guesses of the 480 messages that the scene with the loosest limits permits in a day.
    expect(policies['login']).toMatchObject({ missesWithIdPerDay: 2 * 5 * 540 })
  })

  it('has no API keys unless some are set, each with its name', () => {
    const [one, two] = ['A'.repeat(32), `${'b'.repeat(60)}_-09`]
    const rules = { scopes: ['redeem', 'contacts'], scenes: [], sends: [] }
    expect(loadApiConfig(good).backEnds).toEqual([])
    expect(loadApiConfig({ ...good, API_KEYS: `shop:${one},crm-2:${two}` }).backEnds).toEqual([
      { name: 'shop', key: one, ...rules },
      { name: 'crm-2', key: two, ...rules },
    ])
  })

  it('names every faulty API key by its position, says where its scenes moved, and repeats nothing of it', () => {
    const [one, two] = ['a'.repeat(32), 'b'.repeat(32)]
    const API_KEYS = `shop:${one}:login,crm:${two},${two},vault:${'v'.repeat(32)}:`
    expect(allFaultsOf({ ...good, API_KEYS })).toEqual([
      'API_KEYS: entry 1 has scenes, which moved to api_keys.<name>.scenes in the policy file',
      'API_KEYS: entry 3 must be name:key, with a lower-case name and a key of 32 to 128 url-safe characters',
      'API_KEYS: entry 4 has scenes, which moved to api_keys.<name>.scenes in the policy file',
    ])
  })

  it('names each faulty entry of a list by its position and never by its value', () => {
    const env = { ...good, ALLOW_LIST: '1390001,13900010001', DENY_LIST: '10.0.0.0/8,nobody,10.0.0.0/40' }
    const faults = allFaultsOf(env)
    expect(faults.map((fault) => /^\w+: entry \d/.exec(fault)?.[0])).toEqual([
      'ALLOW_LIST: entry 2',
      'DENY_LIST: entry 2',
      'DENY_LIST: entry 3',
    ])
    expect(faults.join()).not.toMatch(/13900010001|nobody|10\.0/)
  })

  it('names a scene that may send too late, and what to change', () => {
    expect(allFaultsOf({ ...good, SCENES: 'default; login ttl=100; pay within=300' })).toEqual([
      'SCENES: scene "login" sends until 120 s but its codes live 100 s; set within= to 70 or less, or a longer ttl=',
      'SCENES: scene "pay" sends until 300 s but its codes live 300 s; set within= to 270 or less, or a longer ttl=',
    ])
    expect(allFaultsOf({ ...good, CODE_TTL_SECONDS: '100' })).toEqual([
      'SEND_WITHIN_SECONDS: must be 70 or less, because codes live 100 s (CODE_TTL_SECONDS)',
    ])
  })

  it('accepts addresses and networks of proxies', () => {
    const config = loadApiConfig({ ...good, TRUST_PROXY: '127.0.0.1,10.0.0.0/8,2001:db8::/32' })
    expect(config.trustProxy).toEqual(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])
  })

  it.each([
    ['a port out of range', { API_PORT: '70000' }, 'API_PORT'],
    ['codes that are easy to guess', { CODE_LENGTH: '4' }, 'CODE_LENGTH'],
    ['codes that live too long', { CODE_TTL_SECONDS: '601' }, 'CODE_TTL_SECONDS'],
    ['messages that would arrive too late', { CODE_TTL_SECONDS: '100' }, 'SEND_WITHIN_SECONDS'],
    ['a limit of 0 messages', { LIMIT_PHONE_SENDS: '0/60' }, 'LIMIT_PHONE_SENDS'],
    ['trust in all proxies', { TRUST_PROXY: 'true' }, 'TRUST_PROXY'],
    ['trust in a number of proxies', { TRUST_PROXY: '1' }, 'TRUST_PROXY'],
    ['a network with a prefix out of range', { TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY'],
    ['every origin', { CORS_ORIGINS: '*' }, 'CORS_ORIGINS'],
    ['an origin that no browser sends', { CORS_ORIGINS: 'https://Shop.example:443' }, 'CORS_ORIGINS'],
    ['every header', { CORS_HEADERS: '*' }, 'CORS_HEADERS'],
    ['a header with a space', { CORS_HEADERS: 'x-a, x-b' }, 'CORS_HEADERS'],
    ['a scene with a colon in its name', { SCENES: 'default; a:b' }, 'SCENES'],
    ['a scene twice', { SCENES: 'default; login; login' }, 'SCENES'],
    ['an unknown setting of a scene', { SCENES: 'default colour=red' }, 'SCENES'],
    ['a scene with codes that are easy to guess', { SCENES: 'default length=4' }, 'SCENES'],
    ['a scene with codes that live too long', { SCENES: 'default ttl=900' }, 'SCENES'],
    ['a scene whose messages would arrive too late', { SCENES: 'default; login ttl=100' }, 'SCENES'],
    ['an API key without a name', { API_KEYS: 'k'.repeat(40) }, 'API_KEYS'],
    ['an API key that is short', { API_KEYS: `shop:${'k'.repeat(31)}` }, 'API_KEYS'],
    ['an API key that is not url-safe', { API_KEYS: `shop:${'k'.repeat(32)}=` }, 'API_KEYS'],
    ['an API key with nothing after the comma', { API_KEYS: `shop:${'k'.repeat(32)},` }, 'API_KEYS'],
    ['two API keys with one name', { API_KEYS: `a:${'k'.repeat(32)},a:${'l'.repeat(32)}` }, 'API_KEYS'],
    ['one API key with two names', { API_KEYS: `a:${'k'.repeat(32)},b:${'k'.repeat(32)}` }, 'API_KEYS'],
    ['an API key with scenes', { API_KEYS: `shop:${'k'.repeat(32)}:login+pay` }, 'API_KEYS'],
    ['an API key with an empty third part', { API_KEYS: `shop:${'k'.repeat(32)}:` }, 'API_KEYS'],
    ['an API key with a fourth part', { API_KEYS: `shop:${'k'.repeat(32)}:login:pay` }, 'API_KEYS'],
    ['no default scene', { SCENES: 'login' }, 'SCENES'],
    ['a database of another kind', { REDIS_URL: 'postgres://x' }, 'REDIS_URL'],
    ['production without a budget', { NODE_ENV: 'production' }, 'BUDGET_MESSAGES'],
    ['a budget that pays for nothing', { BUDGET_CENTS: '4/3600' }, 'BUDGET_CENTS'],
    [
      'test numbers in production',
      { NODE_ENV: 'production', BUDGET_MESSAGES: '1/60', TEST_NUMBERS: '13800000001:123456:2999-01-01' },
      'TEST_NUMBERS',
    ],
    ['test numbers without a last day', { TEST_NUMBERS: '13800000001:123456' }, 'TEST_NUMBERS'],
    [
      'test numbers whose last day has passed',
      { TEST_NUMBERS: '13800000001:123456:2020-01-01' },
      'TEST_NUMBERS',
    ],
    [
      'test numbers with an impossible date',
      { TEST_NUMBERS: '13800000001:123456:2999-19-39' },
      'TEST_NUMBERS',
    ],
    [
      'a test number whose last day is no day',
      { TEST_NUMBERS: '13800000001:123456:2999-02-31' },
      'TEST_NUMBERS',
    ],
    [
      'a test number twice',
      { TEST_NUMBERS: '13800000001:123456:2999-01-01,13800000001:654321:2999-01-01' },
      'TEST_NUMBERS',
    ],
    [
      'a test number whose code is too long for every scene',
      { TEST_NUMBERS: '13800000001:1234567:2999-01-01' },
      'TEST_NUMBERS',
    ],
    [
      'a step-up whose second level comes before its first',
      { STEP_UP_HOT_PERCENT: '20' },
      'STEP_UP_HOT_PERCENT',
    ],
    ['a challenge while STEP_UP is off', { GUARD_MODE: 'challenge', STEP_UP: 'off' }, 'GUARD_MODE'],
    ['an address of Redis that cannot be parsed', { REDIS_URL: 'redis://:secret@:99999/x' }, 'REDIS_URL'],
    ['a port in another notation', { API_PORT: '3e4' }, 'API_PORT'],
    ['one port for the API and its metrics', { API_OPS_PORT: '3000' }, 'API_OPS_PORT'],
    ['a network of all addresses as a proxy', { TRUST_PROXY: '0.0.0.0/0' }, 'TRUST_PROXY'],
    ['a network without its prefix', { TRUST_PROXY: '10.0.0.0/' }, 'TRUST_PROXY'],
    ['a list that contains a complete mobile number', { DENY_LIST: '13900010001' }, 'DENY_LIST'],
    ['a list that contains all addresses', { ALLOW_LIST: '10.0.0.0/8,0.0.0.0/0' }, 'ALLOW_LIST'],
    ['a list with nothing after the comma', { DENY_LIST: '1390001,' }, 'DENY_LIST'],
    ['an entry on both lists', { ALLOW_LIST: '10.0.0.1', DENY_LIST: '10.0.0.1/32' }, 'DENY_LIST'],
    ['an unknown log level', { LOG_LEVEL: 'chatty' }, 'LOG_LEVEL'],
  ])('refuses %s', (_what, env, name) => {
    expect(new Set(faultsOf({ ...good, ...env }))).toEqual(new Set([name]))
  })
})
