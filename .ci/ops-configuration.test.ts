// The operators' commands must use the same variables, code policies and budget as the API.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { loadApiConfig } from '../apps/api/src/config/config.ts'
import { loadPhoneConfig } from '../apps/ops/src/config.ts'
import { SCHEMAS } from './configuration.ts'

const key = () => randomBytes(32).toString('base64')

test("every variable of the operators' commands has the same schema as in the API", () => {
  const ofApi: Record<string, unknown> = SCHEMAS.api.properties
  for (const [name, schema] of Object.entries(SCHEMAS.ops.properties))
    expect({ name, schema }).toEqual({ name, schema: ofApi[name] })
})

test.for<object>([
  {},
  {
    codes: { length: 7, life: '200s', send_within: '90s', sends: ['2/60s'] },
    scenes: {
      default: {},
      login: { life: '2m', send_within: '60s', length: 8, sends: ['2/90s'] },
      pay: { fallback: true },
    },
    email: { from: 'codes@shop.example' },
    budget: { messages: ['100/60s'], cents: ['1000/1h'], message_cents: 3 },
    test_numbers: { numbers: [{ mobile: '+8613800000001', code: '1234567', until: '2999-01-01' }] },
  },
])("the operators' commands use the code policies, budget and test numbers of the API: %j", (settings) => {
  const keys = { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` }
  const env = { REDIS_URL: 'redis://127.0.0.1:1', ...keys, POLICY_FILE: policyFile(settings) }
  const [api, ops] = [loadApiConfig(env), loadPhoneConfig(env)]
  expect(Object.fromEntries(ops.policies)).toEqual(api.policies)
  expect(ops.budget).toEqual(api.rateLimits.budget)
  expect(ops.testNumbers).toEqual(api.policy.test_numbers.numbers.map(({ mobile }) => mobile))
})
