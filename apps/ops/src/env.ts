import { Type } from '@sinclair/typebox'
import {
  budgetVariables,
  codeVariables,
  keyVariables,
  processVariables,
} from '@sms-codes/core/config/shared-variables'

/** The environment of the commands about the whole service. */
export const StoreEnv = Type.Object({ REDIS_URL: processVariables.REDIS_URL, ...budgetVariables })

/**
 * The environment of the commands about one phone. The API must have the same values: with another key a command
 * looks for other phones, and with another limit it shows one that does not hold.
 */
export const OpsEnv = Type.Object({ ...StoreEnv.properties, ...keyVariables, ...codeVariables })
