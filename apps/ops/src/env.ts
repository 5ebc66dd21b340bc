import { Type } from '@sinclair/typebox'
import { shared } from '@sms-codes/core/config/shared-variables'

/** What every command reads. */
export const StoreEnv = Type.Object({
  REDIS_URL: shared.REDIS_URL,
  BUDGET_MESSAGES: shared.BUDGET_MESSAGES,
  BUDGET_CENTS: shared.BUDGET_CENTS,
  MESSAGE_CENTS: shared.MESSAGE_CENTS,
})

/**
 * The environment of the operators' commands. All of it is the API's too and has to be the same there: another
 * key would look for other phones, another limit would show what does not hold.
 */
export const OpsEnv = Type.Object({
  ...StoreEnv.properties,
  PHONE_KEY: shared.PHONE_KEY,
  CODE_KEYS: shared.CODE_KEYS,
  SCENES: shared.SCENES,
  CODE_LENGTH: shared.CODE_LENGTH,
  CODE_TTL_SECONDS: shared.CODE_TTL_SECONDS,
  SEND_WITHIN_SECONDS: shared.SEND_WITHIN_SECONDS,
  LIMIT_PHONE_SENDS: shared.LIMIT_PHONE_SENDS,
  TEST_NUMBERS: shared.TEST_NUMBERS,
})
