import { randomBytes } from 'node:crypto'
import { Type, type TObject } from '@sinclair/typebox'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkKeys } from '../../src/config/checks.ts'
import { ConfigError, keyringOptions, loadConfig, type Env } from '../../src/config/load.ts'
import { shared } from '../../src/config/shared-variables.ts'

const schema = Type.Object({
  API_PORT: shared.port(3000, 'a port'),
  REDIS_URL: shared.REDIS_URL,
  PHONE_KEY: shared.PHONE_KEY,
  CODE_KEYS: shared.CODE_KEYS,
})
const key = () => randomBytes(32).toString('base64')
const good: Env = { PHONE_KEY: key(), CODE_KEYS: `k2:${key()},k1:${key()}` }

function faultsOf(env: Env, of: TObject = schema): readonly string[] {
  try {
    loadConfig(of, env, [checkKeys])
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
}

describe('loadConfig', () => {
  it('converts and fills in defaults', () => {
    const config = loadConfig(schema, { ...good, API_PORT: '8080' }, [checkKeys])
    expect(config).toMatchObject({ API_PORT: 8080, REDIS_URL: 'redis://127.0.0.1:6379' })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig(schema, { ...good, API_PORT: '' }).API_PORT).toBe(3000)
  })

  it('shows checks the default of what is not set', () => {
    const seen: Env[] = []
    const look = (env: Env) => {
      seen.push(env)
      return []
    }
    loadConfig(schema, { ...good, API_PORT: '', NODE_ENV: 'production' }, [look])
    loadConfig(schema, { ...good, API_PORT: '8080' }, [look])
    expect(seen).toEqual([
      { ...good, API_PORT: '3000', REDIS_URL: 'redis://127.0.0.1:6379', NODE_ENV: 'production' },
      { ...good, API_PORT: '8080', REDIS_URL: 'redis://127.0.0.1:6379' },
    ])
  })

  it('names every fault at once, and no value', () => {
    const secret = 'hunter2hunter2'
    const faults = faultsOf({ API_PORT: 'eighty', REDIS_URL: `http://:${secret}@x`, CODE_KEYS: secret })
    expect(new Set(faults.map((fault) => fault.split(':')[0]))).toEqual(
      new Set(['API_PORT', 'CODE_KEYS', 'PHONE_KEY', 'REDIS_URL']),
    )
    expect(faults.join()).not.toContain(secret)
    expect(faults.join()).not.toContain('eighty')
  })

  it('names what is but for a letter or two one of its variables, where that is not set', () => {
    const slip = (given: string, meant: string) => [`${given}: there is no such variable; is ${meant} meant?`]
    const more = Type.Object({ ...schema.properties, LIMIT_PHONE_SENDS: shared.LIMIT_PHONE_SENDS })
    const slips = (env: Env) => faultsOf({ ...good, ...env }, more)
    expect(slips({ LIMIT_PHONE_SEND: 'canary' })).toEqual(slip('LIMIT_PHONE_SEND', 'LIMIT_PHONE_SENDS'))
    expect(slips({ limit_phone_sends: 'canary' })).toEqual(slip('limit_phone_sends', 'LIMIT_PHONE_SENDS'))
    expect(slips({ LIMIT_PHONE_SEND: 'canary', LIMIT_PHONE_SENDS: '1/60' })).toEqual([])
    expect(slips({ LIMIT_PHONE_SEND: '' })).toEqual([])
    expect(slips({ CODE_KEYS: '', CODE_KEY: 'canary' }).join()).not.toContain('canary')
    const named = Type.Object({ ...schema.properties, NODE_ENV: shared.NODE_ENV })
    expect(faultsOf({ ...good, NODE_EVN: 'production' }, named)).toEqual(slip('NODE_EVN', 'NODE_ENV'))
    expect(faultsOf({ ...good, NODE_EXE: 'x', NODE_ID: 'x' }, named)).toEqual([])
    // Others have such names, too.
    expect(slips({ HOME: '/root', PATH: '/bin', API_KEY: 'x', REDIS_URI: 'x', API_PORTS: 'x' })).toEqual([])
  })

  it.each([
    ['a short key', { CODE_KEYS: `k1:${randomBytes(16).toString('base64')}` }],
    ['a key that is not base64', { CODE_KEYS: `k1:${'!'.repeat(43)}=` }],
    ['two keys of one id', { CODE_KEYS: `k1:${key()},k1:${key()}` }],
    ['the phone key used again', { CODE_KEYS: `k1:${good['PHONE_KEY']}` }],
  ])('refuses %s', (_what, env) => {
    expect(faultsOf({ ...good, ...env })).toEqual([expect.stringMatching(/^CODE_KEYS: /)])
  })

  it('makes a valid configuration or a named fault of anything', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom(...Object.values(good).map(String)),
      fc.constant(undefined),
    )
    const env = fc.record({ API_PORT: value, REDIS_URL: value, PHONE_KEY: value, CODE_KEYS: value })
    fc.assert(
      fc.property(env, (given) => {
        const faults = faultsOf(given)
        const names = faults.map((fault) => fault.split(':')[0] ?? '')
        expect(names.filter((name) => !(name in schema.properties))).toEqual([])
        if (faults.length > 0) return
        const { phoneKey, codeKeys } = keyringOptions(loadConfig(schema, given))
        const lengths = [phoneKey, ...codeKeys.map((entry) => entry.key)].map((secret) => secret.length)
        expect(new Set(lengths)).toEqual(new Set([32]))
      }),
    )
  })
})
