import { expect, test } from 'vitest'
import { ApiEnv } from '@sms-codes/api/config/variables'
import { loadApiConfig } from '@sms-codes/api/config/config'
import { loadPhoneConfig } from '../src/config.ts'
import { OpsEnv } from '../src/env.ts'
import { someEnv } from './ops.ts'

test('every variable is the same as the one of the API', () => {
  const ofApi: Record<string, unknown> = ApiEnv.properties
  for (const [name, schema] of Object.entries(OpsEnv.properties))
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
    TEST_NUMBERS: '13800000001:123456:2999-01-01',
  },
])('codes and budget are those of the API: %j', (more) => {
  const env = { ...someEnv(), ...more }
  const [api, ops] = [loadApiConfig(env), loadPhoneConfig(env)]
  expect(Object.fromEntries(ops.policies)).toEqual(api.policies)
  expect(ops.budget).toEqual(api.gate.budget)
  expect(ops.testNumbers).toEqual(api.testNumbers.map(({ mobile }) => mobile))
})
