import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '@sms-codes/core/config/load'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { loadApiConfig } from '../../src/config/config.ts'

const secret = () => randomBytes(32).toString('base64')
const KEYS = { PHONE_KEY: secret(), CODE_KEYS: `k1:${secret()}` }
const [ONE, TWO] = ['A'.repeat(32), `${'b'.repeat(60)}_-09`]

const load = (API_KEYS: string, api_keys: object = {}) =>
  loadApiConfig({ ...KEYS, API_KEYS, POLICY_FILE: policyFile({ api_keys }) })

function faultsOf(...given: Parameters<typeof load>): readonly string[] {
  try {
    load(...given)
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults.map((fault) => fault.replace(/^.*\.yaml:\d+ /, ''))
    throw err
  }
}

describe('API_KEYS', () => {
  it('is empty unless it is set', () => {
    expect(load('').backEnds).toEqual([])
  })

  it('gives a key without an entry in the policy the scopes redeem and contacts, and no scene', () => {
    const rules = { scopes: ['redeem', 'contacts'], scenes: [], sends: [] }
    expect(load(`shop:${ONE}, crm-2:${TWO}`).backEnds).toEqual([
      { name: 'shop', key: ONE, ...rules },
      { name: 'crm-2', key: TWO, ...rules },
    ])
  })

  it('gives a key with an entry the scopes, scenes and limits of the entry, and no others', () => {
    const policy = {
      shop: { scopes: ['send'], scenes: ['login'], sends: ['100/60s', '1000/1h'] },
      crm: { scopes: [] },
    }
    expect(load(`shop:${ONE},crm:${TWO}`, policy).backEnds).toEqual([
      {
        name: 'shop',
        key: ONE,
        scopes: ['send'],
        scenes: ['login'],
        sends: [
          { most: 100, seconds: 60 },
          { most: 1000, seconds: 3_600 },
        ],
      },
      { name: 'crm', key: TWO, scopes: [], scenes: [], sends: [] },
    ])
  })

  it('names every faulty entry by its position, says where scenes moved, and repeats nothing', () => {
    expect(faultsOf(`shop:${ONE}:login+pay,crm:${TWO},${TWO},vault:${'v'.repeat(32)}:`)).toEqual([
      'API_KEYS: entry 1 has scenes, which moved to api_keys.<name>.scenes in the policy file',
      'API_KEYS: entry 3 must be name:key, with a lower-case name and a key of 32 to 128 url-safe characters',
      'API_KEYS: entry 4 has scenes, which moved to api_keys.<name>.scenes in the policy file',
    ])
  })

  it.each([
    ['two keys with one name', `a:${ONE},a:${TWO}`, 'API_KEYS: two keys have the same name'],
    ['one key with two names', `a:${ONE},b:${ONE}`, 'API_KEYS: two names have the same key'],
  ])('refuses %s', (_what, text, fault) => {
    expect(faultsOf(text)).toEqual([fault])
  })

  it('must have a key for every entry of the policy', () => {
    const api_keys = { shop: { scopes: ['send'] }, crm: { scopes: ['redeem'] } }
    const says = 'has no key in API_KEYS; add crm:<key> there, or remove this entry'
    expect(faultsOf(`shop:${ONE}`, api_keys)).toEqual([`api_keys.crm: ${says}`])
    // The entries of a faulty API_KEYS are not known.
    expect(faultsOf(`shop:${ONE},crm`, api_keys)).toEqual([
      'API_KEYS: entry 2 must be name:key, with a lower-case name and a key of 32 to 128 url-safe characters',
    ])
  })

  it.each([
    ['an unknown scope', { shop: { scopes: ['sends'] } }, 'api_keys.shop.scopes.0'],
    ['an entry without scopes', { shop: { scenes: ['login'] } }, 'api_keys.shop.scopes'],
    ['an unknown scene', { shop: { scopes: ['send'], scenes: ['pay'] } }, 'api_keys.shop.scenes'],
    ['an unknown setting', { shop: { scopes: ['send'], limits: [] } }, 'api_keys.shop.limits'],
    ['a limit of 0 messages', { shop: { scopes: ['send'], sends: ['0/60s'] } }, 'api_keys.shop.sends.0'],
  ])('cannot have %s in the policy', (_what, api_keys, at) => {
    expect(faultsOf(`shop:${ONE}`, api_keys).map((fault) => fault.split(':')[0])).toEqual([at])
  })
})
