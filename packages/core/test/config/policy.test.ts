import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ConfigError, loadConfig } from '../../src/config/load.ts'
import { policyFaults } from '../../src/config/policy-checks.ts'
import { readPolicy } from '../../src/config/policy.ts'
import { loadPolicy } from '../policy-file.ts'
import { policyFile } from '@sms-codes/launcher/policy-file'

const BUILT_IN = new URL('../../policy.yaml', import.meta.url)
const manual = readFileSync(BUILT_IN, 'utf8')

/** The faults of a file, each without the path of the file: `line setting: what is wrong`. */
function faultsOf(settings: object | string): readonly string[] {
  try {
    loadPolicy(settings)
    return []
  } catch (err) {
    if (err instanceof ConfigError)
      return err.faults.map((fault) => fault.replace(`${policyFile(settings)}:`, ''))
    throw err
  }
}

describe('the built-in policy', () => {
  it('has no faults, as itself and as the file of an operator', () => {
    const { policy, faults } = readPolicy(undefined)
    expect(faults).toEqual([])
    expect(policy === null ? null : policyFaults(policy).filter(Boolean)).toEqual([])
    expect(loadPolicy(manual)).toEqual(policy)
  })

  it('explains with examples that a file may contain', () => {
    // The examples are comments. Without their `#`, in place of the built-in sections, they are a file without faults.
    const lines = manual.split('\n')
    const example = (first: string, indent = '') => {
      const from = lines.findIndex((line) => line.startsWith(first))
      const length = lines.slice(from).findIndex((line) => !line.trim().startsWith('#'))
      return lines
        .slice(from, from + length)
        .map((line) => line.replace(`${indent}# `, indent).replace(/^#$/, ''))
    }
    const text = [
      'countries:',
      '  CN: { locale: zh-CN }',
      ...example('  # HK:', '  '),
      'captcha:',
      ...example('#   siteverify:'),
      'api_keys:',
      ...example('#   shop:'),
      'email:',
      ...example('  # from:', '  '),
      ...['# gateways:', '# routes:', '# web_otp_domain:'].flatMap((first) => example(first)),
      `test_numbers: { numbers: ${/numbers: \[\] # (.*)/.exec(manual)?.[1]} }`,
    ].join('\n')
    expect(faultsOf(text)).toEqual([])
    const { gateways, routes, captcha, api_keys, test_numbers, countries } = loadPolicy(text)
    expect(Object.keys(gateways)).toHaveLength(9)
    expect([routes.length, test_numbers.numbers.length]).toEqual([2, 1])
    expect([captcha.siteverify?.service, api_keys['shop']?.scenes]).toEqual(['recaptcha', ['login']])
    expect(countries['HK']?.sends).toHaveLength(2)
  })
})

describe('a policy file', () => {
  it('changes single settings of a section and keeps the others', () => {
    const { limits } = loadPolicy('limits:\n  address:\n    images: [7/60s]\n')
    const builtIn = loadPolicy('').limits
    expect(limits).toEqual({
      ...builtIn,
      address: { ...builtIn.address, images: [{ most: 7, seconds: 60 }] },
    })
  })

  it('replaces a list, and a section whose names it chooses, as a whole', () => {
    const policy = loadPolicy({ codes: { sends: [] }, scenes: { default: {} }, texts: { 'zh-CN': '{code}' } })
    expect(policy.codes.sends).toEqual([])
    expect(Object.keys(policy.scenes)).toEqual(['default'])
    expect(policy.texts).toEqual({ 'zh-CN': '{code}' })
  })

  it.each([
    ['is empty', ''],
    ['has only comments', '# nothing\n'],
    ['has sections of which every line is a comment', 'limits:\n  address:\n  # images: []\nroutes:\n'],
  ])('that %s changes nothing', (_what, text) => {
    expect(loadPolicy(text)).toEqual(loadPolicy(manual))
  })

  it('may name a scene without settings', () => {
    expect(loadPolicy('scenes:\n  default:\n  login:\n').scenes).toEqual({ default: {}, login: {} })
  })

  it('decodes durations, limits, entries of lists and days', () => {
    const policy = loadPolicy({
      codes: { life: '1m', send_within: '30s', sends: ['2/1h'] },
      gateway_deadline: '1500ms',
      lists: { deny: ['10.0.0.1', '2001:DB8::/48'] },
      callbacks: { addresses: ['10.0.0.0/8', '2001:db8::1'] },
      test_numbers: { numbers: [{ mobile: '+8613800000001', code: '123456', until: '2999-12-31' }] },
    })
    expect(policy.codes).toMatchObject({ life: 60, sends: [{ most: 2, seconds: 3_600 }] })
    expect(policy.gateway_deadline).toBe(1.5)
    expect(policy.lists.deny).toEqual([
      { kind: 'network', text: '10.0.0.1/32' },
      { kind: 'network', text: '2001:db8::/48' },
    ])
    expect(policy.callbacks.addresses).toEqual(['10.0.0.0/8', '2001:db8::1/64'])
    expect(policy.test_numbers.numbers[0]?.until).toBe(Date.parse('2999-12-31T23:59:59Z'))
  })
})

describe('a fault in a policy file', () => {
  it.each([
    [
      'an unknown section',
      'queues: {}\ncolour: red',
      '2 colour: is not a setting; the settings here are countries, texts, ',
    ],
    [
      'an unknown setting',
      'codes:\n  colour: red',
      '2 codes.colour: is not a setting; the settings here are length, ',
    ],
    ['a setting that is inherited', 'codes:\n  constructor: 1', '2 codes.constructor: is not a setting; '],
    ['a section named __proto__', '__proto__:\n  codes: {}', '1 __proto__: is not a setting; '],
    [
      'a name that no scene may have',
      'scenes:\n  default:\n  Pay:',
      '3 scenes.Pay: is not a valid name (name of a scene: a lower-case ',
    ],
    ['a list in place of a section', 'codes: []', '1 codes: must be a section with settings'],
    ['text in place of a list', 'routes: none', '1 routes: must be a list (which gateway '],
    [
      'text in place of true',
      "step_up:\n  enabled: 'on'",
      '2 step_up.enabled: must be true or false (whether ',
    ],
    [
      'a number in place of text',
      'texts:\n  zh-CN: "{code}"\n  en: 5',
      '3 texts.en: must be text: put it in quotes (text of a message',
    ],
    [
      'a number out of range',
      'codes:\n  length: 3',
      '2 codes.length: must be a whole number from 4 to 10 (number of digits',
    ],
    [
      'a number with a fraction',
      'codes:\n  length: 6.5',
      '2 codes.length: must be a whole number from 4 to 10',
    ],
    [
      'a number that is not finite',
      'budget:\n  message_cents: .inf',
      '2 budget.message_cents: must be a number from 0.01 to 1000',
    ],
    [
      'a word that is not one of them',
      'guard:\n  mode: strict',
      '2 guard.mode: has the wrong form (off, observe, challenge or deny)',
    ],
    [
      'a duration without unit',
      'codes:\n  life: 300',
      '2 codes.life: must be text: put it in quotes (life of a code; a duration from 60s to 10m)',
    ],
    ['a duration out of range', 'codes:\n  life: 11m', '2 codes.life: must be a duration from 60s to 10m'],
    [
      'a life with a part of a second',
      'codes:\n  life: 90500ms',
      '2 codes.life: has the wrong form (life of a code; a duration from 60s to 10m)',
    ],
    [
      'a limit of no messages',
      'codes:\n  sends: [1/60s, 0/1h]',
      '2 codes.sends.1: has the wrong form (a limit such as 5/1h)',
    ],
    ['a limit of no time', 'codes:\n  sends: [1/0s]', '2 codes.sends: must have durations from 1s to 100d'],
    [
      'a limit of years',
      'codes:\n  sends: [1/9999999d]',
      '2 codes.sends: must have durations from 1s to 100d',
    ],
    [
      'a limit that can never be reached',
      'limits:\n  segment:\n    - 9/60s\n    - 5/1h',
      '2 limits.segment: 9/60s can never be reached, because 5/1h is stricter; remove one',
    ],
    [
      'a text without the code',
      'texts:\n  zh-CN: "{code}"\n  en: hello',
      '3 texts.en: has the wrong form (text of a message with {code}',
    ],
    [
      'an entry of a list that is a whole number',
      'lists:\n  deny:\n    - 10.0.0.1\n    - "13900010001"',
      '4 lists.deny.1: must be a network, a number segment such as 170, ',
    ],
    [
      'an entry that contains all addresses',
      'lists:\n  allow: [10.0.0.0/8, 0.0.0.0/0]',
      '2 lists.allow.1: must be a network, ',
    ],
    [
      'an empty entry of a list',
      'lists:\n  deny: ["170", ]\n  allow: [""]',
      '3 lists.allow.0: has the wrong form (a network, ',
    ],
    [
      'a callback address of all addresses',
      'callbacks:\n  addresses: ["::/0"]',
      '2 callbacks.addresses.0: must be an address or a CIDR; ',
    ],
    [
      'a day that does not exist',
      'test_numbers:\n  numbers:\n    - mobile: "+8613800000001"\n      code: "123456"\n      until: 2999-02-31',
      '5 test_numbers.numbers.0.until: must be a day such as 2026-12-31',
    ],
    ['every header', "cors:\n  headers: ['*']", '2 cors.headers.0: has the wrong form (name of a header)'],
    [
      'a day of no month',
      'test_numbers:\n  numbers:\n    - mobile: "+8613800000001"\n      code: "123456"\n      until: 2999-19-39',
      '5 test_numbers.numbers.0.until: must be a day such as 2026-12-31',
    ],
    [
      'a missing setting',
      'test_numbers:\n  numbers:\n    - mobile: "+8613800000001"\n      code: "123456"',
      '3 test_numbers.numbers.0.until: is missing (last day (UTC), such as 2026-12-31)',
    ],
    [
      'a header with a space',
      'cors:\n  headers: [x-a, x b]',
      '2 cors.headers.1: has the wrong form (name of a header)',
    ],
    ['the same word twice', 'codes:\n  captcha: [proof, proof]', '2 codes.captcha: has an entry twice ('],
    ['an empty list', 'codes:\n  captcha: []', '2 codes.captcha: must not be empty ('],
    [
      'a limit that equals a longer one',
      'codes:\n  sends: [5/60s, 5/1h]',
      '2 codes.sends: 5/60s can never be',
    ],
    [
      'a placeholder that does not exist',
      "texts:\n  zh-CN: '{code} {minute}'",
      '2 texts.zh-CN: has the wrong form',
    ],
    [
      'a quota of a week',
      'gateways:\n  console: { quota: [20/7d] }',
      '2 gateways.console.quota: must have durations',
    ],
    ['a list in place of the file', '- 1', '1 the file: must be sections with settings'],
    ['text in place of the file', 'hello', '1 the file: must be sections with settings'],
  ])('names the line and the setting: %s', (_what, text, expected) => {
    const faults = faultsOf(text)
    expect(faults).toEqual([expect.stringContaining(expected)])
    expect(faults[0]?.startsWith(expected)).toBe(true)
  })

  it.each([
    ['two settings of one name', 'codes: {}\ncodes: {}', '2 this name is in its section twice'],
    ['a tab', 'codes:\n\tlength: 6', '2 the file is not YAML: Tabs are not allowed as indentation'],
    ['an open bracket', 'codes:\n  length: {', '2 the file is not YAML: Flow map in block collection must '],
    [
      'a second document',
      'codes: {}\n---\ncodes: {}',
      '2 the file: must have no second document (a line ---)',
    ],
    [
      'an alias without its anchor',
      'codes: *general',
      'POLICY_FILE: the file cannot be read (Unresolved alias ',
    ],
    [
      'an alias that repeats itself',
      `a: &a [${'x,'.repeat(10)}]\nb: &b [${'*a,'.repeat(10)}]\nc: [${'*b,'.repeat(30)}]`,
      'POLICY_FILE: the file cannot be read (Excessive alias count',
    ],
  ])('says where YAML cannot be read: %s', (_what, text, expected) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(expected)])
  })

  it.each([
    ['is missing', join(tmpdir(), 'no-such-policy.yaml'), 'ENOENT'],
    ['is a directory', mkdtempSync(join(tmpdir(), 'policy-')), 'EISDIR'],
  ])('names POLICY_FILE if the file %s', (_what, file, code) => {
    expect(readPolicy(file)).toMatchObject({
      policy: null,
      faults: [`POLICY_FILE: the file cannot be read (${code})`],
    })
  })

  it('is reported together with all others: of the form, of a value and between settings', () => {
    const text = `codes:
  length: 3
  life: 1h
  sends: [1/60s, x]
scenes:
  default: { colour: red }
  pay: { receipt_within: 20s }
lists:
  allow: ['170']
  deny: ['170', '13900010001']
routes:
  - { segments: ['+86170'], gateway: unlisted }
`
    expect(faultsOf(text).map((fault) => /^[0-9]+ [^:]+/.exec(fault)?.[0])).toEqual([
      '2 codes.length',
      '4 codes.sends.1',
      '6 scenes.default.colour',
      '3 codes.life',
      '10 lists.deny.1',
      '7 scenes.pay.receipt_within',
      '12 routes.0.gateway',
      '10 lists.deny.0',
    ])
  })
})

/** A place in the settings: at each level the number of a setting, until a level has none. */
const place = fc.array(fc.nat(), { minLength: 1, maxLength: 6 })
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('5m', '1/60s', '', '+86', '138', '0s', 1e308, -1, 0.5, [null], [[]], { '': null }),
)
const oddName = fc.constantFrom(
  '',
  '0',
  'constructor',
  '__proto__',
  'default',
  'a.b',
  'a/b~1',
  'CN',
  '\u0000',
)

function change(
  settings: unknown,
  path: readonly number[],
  act: (parent: object, name: string) => void,
): void {
  if (typeof settings !== 'object' || settings === null) return
  const [first = 0, ...rest] = path
  const names = Object.keys(settings)
  const name = names[first % names.length] ?? '0'
  if (rest.length === 0) act(settings, name)
  else change(Reflect.get(settings, name), rest, act)
}

function load(file: string): { scene?: object | undefined; faults: readonly string[] } {
  try {
    return { scene: loadConfig(Type.Object({}), { POLICY_FILE: file }).policy.scenes['default'], faults: [] }
  } catch (err) {
    if (err instanceof ConfigError) return { faults: err.faults }
    throw err
  }
}

it('any change of the built-in settings gives a policy or faults with lines, and never another error', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy.yaml')
  const builtIn: unknown = parse(manual)
  const seen = { policies: 0, faults: 0 }
  const mutations = fc.array(fc.tuple(place, fc.constantFrom('set', 'add', 'remove'), oddName, anything), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(mutations, (all) => {
      const settings: unknown = structuredClone(builtIn)
      for (const [path, kind, odd, value] of all)
        change(settings, path, (parent, name) => {
          // An own property, because an assignment to __proto__ would set none.
          const own = { value, enumerable: true, configurable: true, writable: true }
          if (kind === 'remove') Reflect.deleteProperty(parent, name)
          else if (Array.isArray(parent)) parent.push(value)
          else Object.defineProperty(parent, kind === 'add' ? odd : name, own)
        })
      writeFileSync(file, JSON.stringify(settings, null, 1))
      const { scene, faults } = load(file)
      const lines = faults.map((fault) => Number(/^[0-9]+(?= [^ ])/.exec(fault.replace(`${file}:`, ''))?.[0]))
      expect(lines.every((line) => line >= 1)).toBe(true)
      expect(scene === undefined).toBe(faults.length > 0)
      seen[faults.length > 0 ? 'faults' : 'policies']++
    }),
    { numRuns: 60 },
  )
  expect(Math.min(seen.policies, seen.faults)).toBeGreaterThan(5)
}, 120_000)

it('reports the faults of other settings beside a faulty setting that its section needs', () => {
  const text =
    'countries:\n  CN: { locale: zh-CN }\n  HK: { locale: 5 }\nroutes:\n  - { countries: [CN], gateway: unlisted }\n'
  expect(faultsOf(text)).toEqual([
    expect.stringMatching(/^3 countries\.HK\.locale: /),
    expect.stringMatching(/^5 routes\.0\.gateway: /),
  ])
})

it('refuses a file that is not UTF-8, because its texts would reach users as other characters', () => {
  const file = policyFile('texts: {}')
  writeFileSync(file, Buffer.from([0xc4, 0xfa, 0x3a, 0x20, 0x31]))
  expect(readPolicy(file)).toMatchObject({ policy: null, faults: [expect.stringContaining('utf-8')] })
})
