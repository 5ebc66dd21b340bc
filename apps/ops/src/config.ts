import type { StaticDecode } from '@sinclair/typebox'
import { budgetOf, policiesOf } from '@sms-codes/core/codes/code-policies'
import { checkKeys } from '@sms-codes/core/config/keys'
import { loadConfig, type Env } from '@sms-codes/core/config/load'
import { OpsEnv, StoreEnv } from './env.ts'

/** For commands about the whole service. They need no key, so that an operator can look without the secrets. */
export function loadStoreConfig(env: Env) {
  return storeConfig(loadConfig(StoreEnv, env))
}
export type StoreConfig = ReturnType<typeof loadStoreConfig>

/** For commands about one phone. */
export function loadPhoneConfig(env: Env) {
  const values = loadConfig(OpsEnv, env, [checkKeys])
  return {
    ...storeConfig(values),
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    // The same as in the API: a code that a command sends is like any other.
    policies: new Map(Object.entries(policiesOf(values))),
    testNumbers: values.TEST_NUMBERS.map(({ mobile }) => mobile),
  }
}
export type PhoneConfig = ReturnType<typeof loadPhoneConfig>

function storeConfig(values: StaticDecode<typeof StoreEnv>) {
  return { redisUrl: values.REDIS_URL, budget: budgetOf(values) }
}
