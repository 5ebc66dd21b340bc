import type { Static } from '@sinclair/typebox'
import { keyringOptions, loadConfig, type Check, type Env } from '@sms-codes/core/config/load'
import { checkKeys, checkRedisUrl } from '@sms-codes/core/config/checks'
import { budgetOf, policiesOf } from '@sms-codes/core/codes/code-policies'
import { parseScenes } from '@sms-codes/core/config/scenes'
import { OpsEnv, StoreEnv } from './env.ts'

const checkScenes: Check = (env) => parseScenes(env['SCENES'] ?? '').faults

/** For commands about the whole service: they need no key, so that who may only look need have none. */
export function loadStoreConfig(env: Env) {
  return storeConfig(loadConfig(StoreEnv, env, [checkRedisUrl]))
}
export type StoreConfig = ReturnType<typeof loadStoreConfig>

/** For commands about one phone. */
export function loadPhoneConfig(env: Env) {
  const values = loadConfig(OpsEnv, env, [checkRedisUrl, checkKeys, checkScenes])
  return {
    ...storeConfig(values),
    keyring: keyringOptions(values),
    // A code that is sent from here is one like any other.
    policies: new Map(Object.entries(policiesOf(values))),
    testNumbers: values.TEST_NUMBERS.split(',').flatMap((entry) => entry.split(':')[0] || []),
  }
}
export type PhoneConfig = ReturnType<typeof loadPhoneConfig>

function storeConfig(values: Readonly<Static<typeof StoreEnv>>) {
  return { redisUrl: values.REDIS_URL, budget: budgetOf(values) }
}
