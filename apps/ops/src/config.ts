import { Type, type StaticDecode } from '@sinclair/typebox'
import { budgetOf, policiesOf } from '@sms-codes/core/codes/code-policies'
import { checkKeys } from '@sms-codes/core/config/keys'
import { loadConfig, type Env } from '@sms-codes/core/config/load'
import {
  budgetVariables,
  codeVariables,
  keyVariables,
  processVariables,
} from '@sms-codes/core/config/shared-variables'

const { REDIS_URL, QUEUE_SHARDS } = processVariables
const StoreEnv = Type.Object({ REDIS_URL, QUEUE_SHARDS, ...budgetVariables })

/** The values must be those of the API: with another PHONE_KEY no phone is found, and other limits are wrong. */
export const OpsEnv = Type.Object({ ...StoreEnv.properties, ...keyVariables, ...codeVariables })

/** Loads the values of commands about the whole service. These commands need no keys. */
export const loadStoreConfig = (env: Env) => storeConfig(loadConfig(StoreEnv, env))
export type StoreConfig = ReturnType<typeof loadStoreConfig>

/** Loads the values of commands about one phone. */
export function loadPhoneConfig(env: Env) {
  const values = loadConfig(OpsEnv, env, { variables: [checkKeys] })
  return {
    ...storeConfig(values),
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    policies: new Map(Object.entries(policiesOf(values))),
    testNumbers: values.TEST_NUMBERS.map(({ mobile }) => mobile),
  }
}
export type PhoneConfig = ReturnType<typeof loadPhoneConfig>

const storeConfig = (values: StaticDecode<typeof StoreEnv>) => ({
  redisUrl: values.REDIS_URL,
  shards: values.QUEUE_SHARDS,
  budget: budgetOf(values),
})
