import { Type } from '@sinclair/typebox'
import { shared } from '@sms-codes/core/config/shared-variables'

/** The environment of the commands about the whole service. */
export const StoreEnv = Type.Object({
  REDIS_URL: shared.REDIS_URL,
  BUDGET_MESSAGES: shared.BUDGET_MESSAGES,
  BUDGET_CENTS: shared.BUDGET_CENTS,
  MESSAGE_CENTS: shared.MESSAGE_CENTS,
})

/**
 * The environment of the commands about one phone. The API must have the same values: with another key a command
 * looks for other phones, and with another limit it shows one that does not hold.
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
