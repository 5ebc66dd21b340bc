import { Type, type StaticDecode } from '@sinclair/typebox'
import { budgetOf, policiesOf } from '@sms-codes/core/codes/code-policies'
import { createLocales } from '@sms-codes/core/config/locales'
import { checkKeys } from '@sms-codes/core/config/keys'
import { loadConfig, type Env } from '@sms-codes/core/config/load'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { keyVariables, processVariables } from '@sms-codes/core/config/shared-variables'

const { REDIS_URL, POLICY_FILE } = processVariables
const StoreEnv = Type.Object({ REDIS_URL, POLICY_FILE })

/** The values must be those of the API: with another PHONE_KEY no phone is found, and other limits are wrong. */
export const OpsEnv = Type.Object({ ...StoreEnv.properties, ...keyVariables })

/** Loads the values of commands about the whole service. These commands need no keys. */
export const loadStoreConfig = (env: Env) => storeConfig(loadConfig(StoreEnv, env))
export type StoreConfig = ReturnType<typeof loadStoreConfig>

/** Loads the values of commands about one phone. */
export function loadPhoneConfig(env: Env) {
  const values = loadConfig(OpsEnv, env, { variables: [checkKeys] })
  const { policy } = values
  return {
    ...storeConfig(values),
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    countries: policy.countries,
    localeOf: createLocales(policy),
    policies: new Map(Object.entries(policiesOf(policy))),
    testNumbers: policy.test_numbers.numbers.map(({ mobile }) => mobile),
  }
}
export type PhoneConfig = ReturnType<typeof loadPhoneConfig>

const storeConfig = ({
  REDIS_URL: redisUrl,
  policy,
}: StaticDecode<typeof StoreEnv> & { policy: Policy }) => ({
  redisUrl,
  policy,
  gateways: Object.keys(policy.gateways),
  shards: policy.queues.shards,
  budget: budgetOf(policy),
  historyHours: policy.history_hours,
})
