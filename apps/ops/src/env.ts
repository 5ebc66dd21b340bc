import { Type } from '@sinclair/typebox'
import { shared } from '@sms-codes/core/config'
import { WINDOWS_PATTERN } from '@sms-codes/core/windows'

/** What every command reads. */
export const StoreEnv = Type.Object({
  REDIS_URL: shared.REDIS_URL,
  BUDGET_MESSAGES: Type.String({
    default: '',
    pattern: `^$|${WINDOWS_PATTERN}`,
    description: 'messages of the whole service, as most/seconds,…; needed in production',
  }),
  BUDGET_CENTS: Type.String({
    default: '',
    pattern: `^$|${WINDOWS_PATTERN}`,
    description: 'the same in money, with MESSAGE_CENTS for each message',
  }),
  MESSAGE_CENTS: Type.Number({
    minimum: 0.01,
    maximum: 1_000,
    default: 5,
    description: 'price of one message',
  }),
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
  CODE_LENGTH: Type.Integer({ minimum: 6, maximum: 10, default: 6, description: 'digits of a code' }),
  CODE_TTL_SECONDS: shared.CODE_TTL_SECONDS,
  SEND_WITHIN_SECONDS: Type.Integer({
    minimum: 10,
    maximum: 540,
    default: 120,
    description: 'later than this after the request no message leaves',
  }),
  LIMIT_PHONE_SENDS: Type.String({
    pattern: WINDOWS_PATTERN,
    default: '1/60,5/3600,10/86400',
    description: 'messages to one phone, as most/seconds,…',
  }),
  TEST_NUMBERS: Type.String({
    default: '',
    pattern: '^(1[3-9][0-9]{9}:[0-9]{6,10}:[0-9]{4}-[0-9]{2}-[0-9]{2}(,(?!$)|$))*$',
    description:
      'comma list of mobile:code:last-day; these numbers have a fixed code and are never sent anything',
  }),
})
