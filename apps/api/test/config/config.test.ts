import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Registry } from 'prom-client'
import { createLogger } from '@sms-codes/core/logger'
import { ConfigError } from '@sms-codes/core/config/load'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { createPumpingGuard } from '../../src/abuse/pumping-guard.ts'
import { createApiMetrics } from '../../src/metrics.ts'
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
const withPolicy = (settings: object) => ({ ...good, POLICY_FILE: policyFile(settings) })
/** The settings with faults, without their lines. */
const settingsOf = (env: Record<string, string>) =>
  allFaultsOf(env).map((fault) => /:[0-9]+ ([^:]+):/.exec(fault)?.[1] ?? fault)

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
    const { policies } = loadApiConfig(
      withPolicy({
        scenes: {
          default: {},
          login: { life: '2m', send_within: '60s' },
          pay: { length: 8, sends: ['1/60s', '2/3m', '3/8m'] },
        },
      }),
    )
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

  it('accepts a picture or a proof in each scene, unless the policy says otherwise', () => {
    expect(loadApiConfig(good)).toMatchObject({
      captchas: { default: ['picture', 'proof'], login: ['picture', 'proof'] },
      siteverify: null,
    })
    const env = withPolicy({
      captcha: { siteverify: { service: 'hcaptcha', deadline: '2s' } },
      codes: { captcha: ['siteverify'] },
      scenes: { default: {}, login: { captcha: ['proof'] } },
    })
    expect(loadApiConfig({ ...env, CAPTCHA_SECRET: 'secret' })).toMatchObject({
      captchas: { default: ['siteverify'], login: ['proof'] },
      siteverify: { service: 'hcaptcha', deadline: 2, secret: 'secret' },
    })
    expect(allFaultsOf(env)).toEqual([
      'CAPTCHA_SECRET: is missing; captcha.siteverify in the policy file needs it',
    ])
  })

  it.each(['url', 'script'])('refuses an unencrypted %s of the captcha service in production', (setting) => {
    const own = { [setting]: 'http://captcha.example/path' }
    const env = withPolicy({ captcha: { siteverify: { service: 'turnstile', ...own } } })
    const secret = { CAPTCHA_SECRET: 'secret' }
    expect(loadApiConfig({ ...env, ...secret }).siteverify).toMatchObject(own)
    expect(settingsOf({ ...env, ...secret, NODE_ENV: 'production' })).toContain(
      `captcha.siteverify.${setting}`,
    )
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

  it('takes its limits, its guard and its step-up from the policy', () => {
    const config = loadApiConfig(
      withPolicy({
        limits: {
          address: { images: ['1/1s'], attempts: ['2/1s'], sends: ['3/1s'], verifies: ['4/1s'] },
          subnet: { images: ['5/1s'], attempts: ['6/1s'], sends: ['7/1s'], verifies: ['8/1s'] },
          segment: ['9/1s'],
        },
        budget: { messages: ['10/1s'] },
        guard: {
          mode: 'deny',
          react_for: '2m',
          segment: { window: '3m', min_sends: 1, min_percent: 2 },
          address: { mode: 'observe', window: '4m', min_sends: 3, min_percent: 4 },
          service: { window: '5m', min_sends: 5, min_percent: 6 },
        },
        step_up: { enabled: false, long_picture_percent: 7, proof_percent: 8 },
        overload: { queue_max_age: '9s', event_loop_max_delay: '1500ms', event_loop_max_percent: 10 },
      }),
    )
    const most = Object.entries(config.rateLimits).map(([name, windows]) => [name, windows[0]?.most])
    expect(Object.fromEntries(most)).toEqual({
      images: 1,
      attempts: 2,
      address: 3,
      verifies: 4,
      subnet_images: 5,
      subnet_attempts: 6,
      subnet: 7,
      subnet_verifies: 8,
      segment: 9,
      budget: 10,
    })
    const guard = createPumpingGuard(
      {
        metrics: createApiMetrics(new Registry(), []),
        audit: async () => {},
        log: createLogger('api', 'silent'),
      },
      config.policy,
    )
    expect(guard.rules).toEqual([
      { mode: 'deny', seconds: 180, sends: 1, percent: 2, mark_ms: 120_000 },
      { mode: 'observe', seconds: 240, sends: 3, percent: 4, mark_ms: 120_000 },
      { mode: 'observe', seconds: 300, sends: 5, percent: 6, mark_ms: 120_000 },
    ])
    expect(config.policy.step_up).toEqual({ enabled: false, long_picture_percent: 7, proof_percent: 8 })
    expect(config.policy.overload).toEqual({
      queue_max_age: 9,
      event_loop_max_delay: 1.5,
      event_loop_max_percent: 10,
    })
  })

  it('needs a budget in production, and a permission for test numbers', () => {
    const numbers = [{ mobile: '+8613800000001', code: '123456', until: '2999-01-01' }]
    const production = (settings: object) => settingsOf({ ...withPolicy(settings), NODE_ENV: 'production' })
    expect(allFaultsOf({ ...good, NODE_ENV: 'production' })).toEqual([
      'budget.messages: is empty, and so is budget.cents; production needs one of them',
    ])
    const budget = { cents: ['500/1h'] }
    expect(production({ budget })).toEqual([])
    expect(production({ budget, test_numbers: { numbers } })).toEqual(['test_numbers.numbers'])
    expect(production({ budget, test_numbers: { numbers, in_production: true } })).toEqual([])
    expect(settingsOf(withPolicy({ test_numbers: { numbers } }))).toEqual([])
  })

  it('reports the faults of its variables and of the policy at once, each list entry by its position', () => {
    const env = {
      ...withPolicy({
        lists: { allow: ['1390001', '13900010001'], deny: ['10.0.0.0/8', 'nobody', '10.0.0.0/40'] },
        scenes: { default: {}, login: { life: '100s' } },
      }),
      API_PORT: '70000',
    }
    expect(settingsOf(env)).toEqual([
      expect.stringMatching(/^API_PORT: /),
      'lists.allow.1',
      'lists.deny.1',
      'lists.deny.2',
      'scenes.login',
    ])
  })

  it('accepts addresses and networks of proxies', () => {
    const config = loadApiConfig({ ...good, TRUST_PROXY: '127.0.0.1,10.0.0.0/8,2001:db8::/32' })
    expect(config.trustProxy).toEqual(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])
  })

  it.each([
    ['a port out of range', { API_PORT: '70000' }, 'API_PORT'],
    ['trust in all proxies', { TRUST_PROXY: 'true' }, 'TRUST_PROXY'],
    ['trust in a number of proxies', { TRUST_PROXY: '1' }, 'TRUST_PROXY'],
    ['a network with a prefix out of range', { TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY'],
    ['every origin', { CORS_ORIGINS: '*' }, 'CORS_ORIGINS'],
    ['an origin that no browser sends', { CORS_ORIGINS: 'https://Shop.example:443' }, 'CORS_ORIGINS'],
    ['an API key without a name', { API_KEYS: 'k'.repeat(40) }, 'API_KEYS'],
    ['an API key that is short', { API_KEYS: `shop:${'k'.repeat(31)}` }, 'API_KEYS'],
    ['an API key that is not url-safe', { API_KEYS: `shop:${'k'.repeat(32)}=` }, 'API_KEYS'],
    ['an API key with nothing after the comma', { API_KEYS: `shop:${'k'.repeat(32)},` }, 'API_KEYS'],
    ['two API keys with one name', { API_KEYS: `a:${'k'.repeat(32)},a:${'l'.repeat(32)}` }, 'API_KEYS'],
    ['one API key with two names', { API_KEYS: `a:${'k'.repeat(32)},b:${'k'.repeat(32)}` }, 'API_KEYS'],
    ['an API key with scenes', { API_KEYS: `shop:${'k'.repeat(32)}:login+pay` }, 'API_KEYS'],
    ['an API key with an empty third part', { API_KEYS: `shop:${'k'.repeat(32)}:` }, 'API_KEYS'],
    ['an API key with a fourth part', { API_KEYS: `shop:${'k'.repeat(32)}:login:pay` }, 'API_KEYS'],
    ['a database of another kind', { REDIS_URL: 'postgres://x' }, 'REDIS_URL'],
    ['an address of Redis that cannot be parsed', { REDIS_URL: 'redis://:secret@:99999/x' }, 'REDIS_URL'],
    ['a port in another notation', { API_PORT: '3e4' }, 'API_PORT'],
    ['one port for the API and its metrics', { API_OPS_PORT: '3000' }, 'API_OPS_PORT'],
    ['a network of all addresses as a proxy', { TRUST_PROXY: '0.0.0.0/0' }, 'TRUST_PROXY'],
    ['a network without its prefix', { TRUST_PROXY: '10.0.0.0/' }, 'TRUST_PROXY'],
    ['an unknown log level', { LOG_LEVEL: 'chatty' }, 'LOG_LEVEL'],
  ])('refuses %s', (_what, env, name) => {
    expect(new Set(faultsOf({ ...good, ...env }))).toEqual(new Set([name]))
  })
})
