import { randomBytes } from 'node:crypto'
import { Type, type TObject } from '@sinclair/typebox'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkKeys, parseCodeKeys } from '../../src/config/keys.ts'
import { decoded } from '../../src/config/decoders.ts'
import { ConfigError, loadConfig, type Env } from '../../src/config/load.ts'
import { MOVED } from '../../src/config/moved-variables.ts'
import { PolicySchema } from '../../src/config/policy-schema.ts'
import { keyVariables, port, processVariables, shared } from '../../src/config/shared-variables.ts'
import { policyFile } from '@sms-codes/launcher/policy-file'

const schema = Type.Object({
  API_PORT: port(3000, 'a port'),
  REDIS_URL: processVariables.REDIS_URL,
  ...keyVariables,
})
const key = () => randomBytes(32).toString('base64')
const good: Env = { PHONE_KEY: key(), CODE_KEYS: `k2:${key()},k1:${key()}` }

function faultsOf(env: Env, of: TObject = schema): readonly string[] {
  try {
    loadConfig(of, env, { variables: [checkKeys] })
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
}

describe('loadConfig', () => {
  it('converts and fills in defaults', () => {
    const config = loadConfig(schema, { ...good, API_PORT: '8080' }, { variables: [checkKeys] })
    expect(config).toMatchObject({ API_PORT: 8080, REDIS_URL: 'redis://127.0.0.1:6379' })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('treats an empty variable as one that is not set', () => {
    expect(loadConfig(schema, { ...good, API_PORT: '' }).API_PORT).toBe(3000)
  })

  it('shows a check the decoded values, defaults included, and nothing of a variable with a fault', () => {
    const seen: object[] = []
    const look = (values: object) => {
      seen.push({ ...values })
      return []
    }
    loadConfig(schema, { ...good, API_PORT: '', OTHER: 'x' }, { variables: [look] })
    const faulty = { ...good, API_PORT: 'eighty', CODE_KEYS: 'x' }
    expect(() => loadConfig(schema, faulty, { variables: [look] })).toThrow('API_PORT')
    const PHONE_KEY = Buffer.from(String(good['PHONE_KEY']), 'base64')
    const REDIS_URL = 'redis://127.0.0.1:6379'
    expect(seen).toEqual([
      { API_PORT: 3000, REDIS_URL, PHONE_KEY, CODE_KEYS: parseCodeKeys(String(good['CODE_KEYS'])) },
      { REDIS_URL, PHONE_KEY },
    ])
  })

  it('runs the checks beside other faults, and drops what they find in a variable with a fault', () => {
    const check = () => ['API_PORT: is odd', 'REDIS_URL: is far']
    const load = () => loadConfig(schema, { ...good, API_PORT: 'eighty' }, { variables: [check] })
    expect(load).toThrow(/API_PORT: must be a whole number from 0 to 65535\n *REDIS_URL: is far$/)
  })

  it('shows a check of the policy the policy and the variables, and reports its fault with the line', () => {
    const file = policyFile('queues:\n  shards: 2\n')
    const load = (at: readonly string[]) =>
      loadConfig(
        schema,
        { ...good, POLICY_FILE: file },
        { policy: [({ queues }, { API_PORT }) => [{ at, says: `is ${queues.shards} on ${API_PORT}` }]] },
      )
    expect(() => load(['queues', 'shards'])).toThrow(`${file}:2 queues.shards: is 2 on 3000`)
    // The file does not set this one, so its section gives the line.
    expect(() => load(['queues', 'other'])).toThrow(`${file}:1 queues.other: is 2 on 3000`)
  })

  it('reports faults of variables, of the policy and of the checks of both at once', () => {
    const POLICY_FILE = policyFile('codes:\n  length: 3\nbudget:\n  cents: [1/1h]\n')
    const check = () => [{ at: ['codes', 'life'], says: 'is odd' }]
    const load = () => loadConfig(schema, { ...good, API_PORT: 'x', POLICY_FILE }, { policy: [check] })
    expect(load).toThrow(
      /API_PORT: .*\n.*:2 codes\.length: .*\n.*:4 budget\.cents: .*\n.*:1 codes\.life: is odd$/,
    )
  })

  it.each(Object.entries(MOVED))(
    'reports %s of an earlier version, with its new place and no value',
    (name, place) => {
      const [fault = '', ...others] = faultsOf({ ...good, [name]: 'hunter2hunter2' })
      expect(others).toEqual([])
      expect(fault).toContain(place)
      expect(fault).toMatch(
        new RegExp(
          `^${name}: (moved to the policy file \\(POLICY_FILE\\), |removed: ).*; see docs/upgrade\\.md$`,
        ),
      )
      expect(fault).not.toContain('hunter2hunter2')
      expect(faultsOf({ ...good, [name]: '' })).toEqual([])
    },
  )

  it('reports a variable of an earlier version beside all other faults', () => {
    const POLICY_FILE = policyFile({ codes: { length: 3 } })
    expect(faultsOf({ ...good, SCENES: 'default', API_PORT: 'x', POLICY_FILE })).toEqual([
      expect.stringMatching(/^SCENES: moved/),
      expect.stringMatching(/^API_PORT: must be/),
      expect.stringMatching(/ codes\.length: must be/),
    ])
  })

  it('has for each variable of an earlier version a section that the policy has, and no process reads it', () => {
    const read = { ...processVariables, ...keyVariables, ...shared }
    const sections = ['removed', ...Object.keys(PolicySchema.properties)]
    for (const [name, place] of Object.entries(MOVED)) {
      expect(Object.keys(read)).not.toContain(name)
      expect(sections).toContain(/^[a-z_]+/.exec(place)?.[0])
    }
  })

  it('decodes a variable once, and reports each line of the error as a fault', () => {
    const texts: string[] = []
    const decode = (text: string) => {
      texts.push(text)
      if (text === 'two faults') throw new Error('is long\nhas a space')
      return text.split(',')
    }
    const lists = Type.Object({
      GIVEN: decoded(Type.String(), decode),
      DEFAULT: decoded(Type.String({ default: 'c' }), decode),
      ABSENT: Type.Optional(decoded(Type.String(), decode)),
    })
    const { policy, ...values } = loadConfig(lists, { GIVEN: 'a,b' })
    expect(policy.codes.length).toBe(6)
    expect(values).toEqual({ GIVEN: ['a', 'b'], DEFAULT: ['c'] })
    expect(texts).toEqual(['a,b', 'c'])
    expect(faultsOf({ GIVEN: 'two faults' }, lists)).toEqual(['GIVEN: is long', 'GIVEN: has a space'])
  })

  it.each([
    ['LOG_LEVEL', 'chatty', /: must be fatal, error, warn, info, debug or silent$/],
    ['API_PORT', '65536', /: must be a whole number from 0 to 65535$/],
    ['API_PORT', '0x7', /: must be a whole number from 0 to 65535$/],
    ['TRUST_PROXY', 'all', /: must be a comma list of addresses or CIDRs/],
    ['CALLBACK_TOKEN', 'short', /: has the wrong form \(secret: .* 24 to 128 /],
  ])('says what %s must be', (name, given, expected) => {
    const all = Type.Object({ ...processVariables, API_PORT: port(3000, 'a port'), ...shared })
    expect(faultsOf({ [name]: given }, all)).toEqual([expect.stringMatching(expected)])
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
        const { PHONE_KEY, CODE_KEYS } = loadConfig(schema, given)
        const lengths = [PHONE_KEY, ...CODE_KEYS.map((entry) => entry.key)].map((secret) => secret.length)
        expect(new Set(lengths)).toEqual(new Set([32]))
      }),
    )
  })
})
