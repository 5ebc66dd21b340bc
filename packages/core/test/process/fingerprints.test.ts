import { expect, it } from 'vitest'
import {
  countPolicies,
  findDifferences,
  policyFingerprints,
  type Fingerprints,
} from '../../src/process/fingerprints.ts'
import { loadPolicy } from '../policy-file.ts'

const [ccp, aliyun] = [{ base_url: 'https://a.example' }, { base_url: 'https://b.example' }]
/** The sections in which a process with the policy `other` differs from the policy `own`. */
const differing = (own: Fingerprints, other: Fingerprints) =>
  findDifferences([{ policy: other, keys: {} }], { policy: own, keys: {} })[0]?.policy

const printsOf = (settings: object, gateways: string[] = []) =>
  policyFingerprints(loadPolicy(settings), gateways)

it('a fingerprint has eight bytes, and each section of the policy has one', () => {
  const policy = loadPolicy({})
  const prints = policyFingerprints(policy)
  expect(Object.keys(prints)).toEqual(Object.keys(policy))
  for (const print of Object.values(prints)) expect(print).toMatch(/^[0-9a-f]{16}$/)
})

it('policies differ in the section that was changed, also deep inside, and in no other', () => {
  const own = printsOf({ gateways: { ccp, aliyun }, limits: { segment: ['9/1h'] } })
  const other = printsOf({ gateways: { ccp, aliyun }, limits: { segment: ['8/1h'] } })
  expect(differing(own, other)).toEqual(['limits'])
})

it('the fingerprint of the test numbers tells neither a number nor its fixed code', () => {
  const printOf = (numbers: object[]) => printsOf({ test_numbers: { numbers } })['test_numbers']
  const one = { mobile: '+8613800000001', code: '135790', until: '2999-01-01' }
  const print = printOf([one])
  expect(printOf([{ ...one, code: '246801' }])).toBe(print)
  expect(printOf([{ ...one, mobile: '+8613800000002' }])).toBe(print)
  expect(printOf([{ ...one, until: '2999-01-02' }])).not.toBe(print)
  expect(printOf([one, { ...one, mobile: '+8613800000002' }])).not.toBe(print)
})

it('the order of settings makes no difference, but the order in which gateways are asked makes one', () => {
  const own = { limits: { segment: ['9/1h'] }, gateways: { ccp, aliyun } }
  const turned = { gateways: { aliyun, ccp }, limits: { segment: ['9/1h'] } }
  expect(printsOf(own)).toEqual(printsOf(turned))
  expect(differing(printsOf(own, ['ccp', 'aliyun']), printsOf(turned, ['aliyun', 'ccp']))).toEqual([
    'SMS_GATEWAYS',
  ])
})

it('an API process and workers with the same policy have one policy, whatever SMS_GATEWAYS chooses', () => {
  const settings = { gateways: { ccp, aliyun } }
  const api = { policy: printsOf(settings) }
  const worker = { policy: printsOf(settings, ['aliyun']) }
  expect(countPolicies([api, worker, worker])).toBe(1)
  expect(countPolicies([api, worker, { policy: printsOf(settings, ['ccp']) }])).toBe(2)
  expect(countPolicies([])).toBe(0)
})

it('a section that an older version does not have makes no difference', () => {
  const { limits: _, ...older } = printsOf({})
  expect(countPolicies([{ policy: older }, { policy: printsOf({}) }])).toBe(1)
  expect(differing(older, printsOf({}))).toEqual([])
  expect(differing(printsOf({}), older)).toEqual([])
})

it('without a policy of its own, a command compares each process with most of them', () => {
  const [a, b] = [
    { policy: { codes: 'a' }, keys: {} },
    { policy: { codes: 'b' }, keys: {} },
  ]
  const found = (...processes: (typeof a)[]) => findDifferences(processes).map(({ policy }) => policy)
  expect(found(a, b, b)).toEqual([['codes'], [], []])
  expect(found(a, b)).toEqual([[], ['codes']])
})

it('a process differs in a key of another value and in a code key that it lacks; the board needs no key', () => {
  const withKeys = (keys: Fingerprints) => ({ policy: {}, keys })
  const [k1, k2] = [{ PHONE_KEY: 'p', 'CODE_KEYS k1': '1' }, { 'CODE_KEYS k2': '2' }]
  const own = withKeys({ ...k1, ...k2 })
  const processes = [own, withKeys(k1), withKeys({ ...k1, ...k2, PHONE_KEY: 'q' }), withKeys({}), own]
  const expected = [[], ['CODE_KEYS k2'], ['PHONE_KEY'], [], []]
  expect(findDifferences(processes, own).map(({ keys }) => keys)).toEqual(expected)
  expect(findDifferences(processes).map(({ keys }) => keys)).toEqual(expected)
})

it('a code key that a process has still, although it was retired, makes a difference', () => {
  const retired = { policy: {}, keys: { 'CODE_KEYS k1': '1', 'CODE_KEYS k2': '2' } }
  const current = { policy: {}, keys: { 'CODE_KEYS k2': '2' } }
  const found = findDifferences([retired, current, current])
  expect(found.map(({ keys }) => keys)).toEqual([['CODE_KEYS k1'], [], []])
})
