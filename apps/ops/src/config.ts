import type { Static } from '@sinclair/typebox'
import type { CodePolicy } from '@sms-codes/core/code-store'
import {
  checkKeys,
  checkRedisUrl,
  keyringOptions,
  loadConfig,
  type Check,
  type Env,
} from '@sms-codes/core/config'
import { parseScenes } from '@sms-codes/core/scenes'
import { parseWindows, type Window } from '@sms-codes/core/windows'
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
    policies: policies(values),
    testNumbers: values.TEST_NUMBERS.split(',').flatMap((entry) => entry.split(':')[0] || []),
  }
}
export type PhoneConfig = ReturnType<typeof loadPhoneConfig>

function storeConfig(values: Readonly<Static<typeof StoreEnv>>) {
  const budget: Window[] = [
    ...parseWindows(values.BUDGET_MESSAGES),
    ...parseWindows(values.BUDGET_CENTS).map(({ most, seconds }) => ({
      most: Math.floor(most / values.MESSAGE_CENTS),
      seconds,
    })),
  ]
  return { redisUrl: values.REDIS_URL, budget }
}

/** As the API makes them: a code that is sent from here is one like any other. */
function policies(values: Readonly<Static<typeof OpsEnv>>): ReadonlyMap<string, CodePolicy> {
  const { scenes } = parseScenes(values.SCENES)
  return new Map(
    scenes.map(({ name, ...own }) => [
      name,
      {
        length: values.CODE_LENGTH,
        ttlSeconds: values.CODE_TTL_SECONDS,
        sendWithinSeconds: values.SEND_WITHIN_SECONDS,
        compares: 5,
        missesPerDay: 15,
        sends: parseWindows(values.LIMIT_PHONE_SENDS),
        ...own,
      },
    ]),
  )
}
