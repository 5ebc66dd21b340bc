import { expect, it } from 'vitest'
import {
  commonFingerprints,
  countPolicies,
  differing,
  policyFingerprints,
} from '../../src/process/fingerprints.ts'
import { loadPolicy } from '../policy-file.ts'

const [ccp, aliyun] = [{ base_url: 'https://a.example' }, { base_url: 'https://b.example' }]
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

it('the common fingerprint is that of most processes, or of the first if equally many have another', () => {
  const [a, b] = [{ codes: 'a' }, { codes: 'b' }]
  expect(commonFingerprints([a, b, b])).toEqual(b)
  expect(commonFingerprints([a, b])).toEqual(a)
})
