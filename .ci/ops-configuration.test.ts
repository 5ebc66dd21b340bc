// The operators' commands must use the same variables, code policies and budget as the API.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { loadApiConfig } from '../apps/api/src/config/config.ts'
import { loadPhoneConfig } from '../apps/ops/src/config.ts'
import { SCHEMAS } from './configuration.ts'

const key = () => randomBytes(32).toString('base64')

test("every variable of the operators' commands has the same schema as in the API", () => {
  const ofApi: Record<string, unknown> = SCHEMAS.api.properties
  for (const [name, schema] of Object.entries(SCHEMAS.ops.properties))
    expect({ name, schema }).toEqual({ name, schema: ofApi[name] })
})

test.for<Record<string, string>>([
  {},
  {
    SCENES: 'default; login ttl=120 within=60 length=8 sends=2/90; pay fallback=yes',
    CODE_LENGTH: '7',
    CODE_TTL_SECONDS: '200',
    SEND_WITHIN_SECONDS: '90',
    LIMIT_PHONE_SENDS: '2/60',
    BUDGET_MESSAGES: '100/60',
    BUDGET_CENTS: '1000/3600',
    MESSAGE_CENTS: '3',
    TEST_NUMBERS: '13800000001:1234567:2999-01-01',
  },
])("the operators' commands use the code policies, budget and test numbers of the API: %j", (more) => {
  const env = { REDIS_URL: 'redis://127.0.0.1:1', PHONE_KEY: key(), CODE_KEYS: `k1:${key()}`, ...more }
  const [api, ops] = [loadApiConfig(env), loadPhoneConfig(env)]
  expect(Object.fromEntries(ops.policies)).toEqual(api.policies)
  expect(ops.budget).toEqual(api.rateLimits.budget)
  expect(ops.testNumbers).toEqual(api.testNumbers.map(({ mobile }) => mobile))
})
