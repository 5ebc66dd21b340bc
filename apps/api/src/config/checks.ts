import { checkKeys } from '@sms-codes/core/config/keys'
import type { Check } from '@sms-codes/core/config/load'
import { receiptFaults } from '@sms-codes/gateways/receipts'
import type { ApiValues } from './variables.ts'

/** A code that is sent in the last SECONDS_TO_TYPE of its life arrives too late to be typed. */
const SECONDS_TO_TYPE = 30

const checkLives: Check<ApiValues> = (values) => {
  const { SCENES = [], CODE_TTL_SECONDS: ttl = Infinity, SEND_WITHIN_SECONDS: within = 0 } = values
  return SCENES.map(({ name, ttlSeconds, sendWithinSeconds }) => {
    const [lives, sends] = [ttlSeconds ?? ttl, sendWithinSeconds ?? within]
    const latest = lives - SECONDS_TO_TYPE
    if (sends <= latest) return false
    return ttlSeconds === undefined && sendWithinSeconds === undefined
      ? `SEND_WITHIN_SECONDS: must be ${latest} or less, because codes live ${lives} s (CODE_TTL_SECONDS)`
      : `SCENES: scene "${name}" sends until ${sends} s but its codes live ${lives} s; set within= to ${latest} or less, or a longer ttl=`
  })
}

/** Rules about more than one variable of the API. */
export const API_CHECKS: readonly Check<ApiValues>[] = [
  checkKeys,
  ({ CALLBACK_TOKEN, PUBLIC_URL, ...values }) =>
    receiptFaults(values, { callbackToken: CALLBACK_TOKEN, publicUrl: PUBLIC_URL }),
  ({ ALLOW_LIST = [], DENY_LIST = [] }) => [
    DENY_LIST.some((denied) => ALLOW_LIST.some((allowed) => allowed.text === denied.text)) &&
      'DENY_LIST: has an entry that ALLOW_LIST has too; remove it from one of them',
  ],
  ({ NODE_ENV, BUDGET_MESSAGES, BUDGET_CENTS, MESSAGE_CENTS = 0 }) => [
    NODE_ENV === 'production' &&
      BUDGET_MESSAGES?.length === 0 &&
      BUDGET_CENTS?.length === 0 &&
      'BUDGET_MESSAGES: is missing, and so is BUDGET_CENTS; production needs one of them',
    BUDGET_CENTS?.some(({ most }) => most < MESSAGE_CENTS) === true &&
      'BUDGET_CENTS: is less than MESSAGE_CENTS, so that it pays for no message',
  ],
  ({ NODE_ENV, TEST_NUMBERS = [], ALLOW_TEST_NUMBERS = false }) => [
    TEST_NUMBERS.length > 0 &&
      NODE_ENV === 'production' &&
      !ALLOW_TEST_NUMBERS &&
      'TEST_NUMBERS: not allowed in production unless ALLOW_TEST_NUMBERS=true',
    TEST_NUMBERS.some(({ until }) => until < Date.now()) &&
      'TEST_NUMBERS: the last day of a number has passed; remove it or give it a later day',
  ],
  ({ TEST_NUMBERS = [], SCENES = [], CODE_LENGTH }) => [
    TEST_NUMBERS.some(({ code }) => SCENES.every(({ length = CODE_LENGTH }) => length !== code.length)) &&
      'TEST_NUMBERS: a code has a length that no scene has (CODE_LENGTH, length= in SCENES)',
  ],
  checkLives,
  ({ STEP_UP, STEP_UP_WARM_PERCENT: warm = 0, STEP_UP_HOT_PERCENT: hot = 100, ...values }) => [
    hot < warm && 'STEP_UP_HOT_PERCENT: must not be less than STEP_UP_WARM_PERCENT',
    ...(['GUARD_MODE', 'GUARD_ADDRESS_MODE'] as const).map(
      (name) =>
        STEP_UP === 'off' && values[name] === 'challenge' && `${name}: cannot be challenge with STEP_UP=off`,
    ),
  ],
  ({ API_PORT = 0, API_OPS_PORT }) => [
    API_PORT !== 0 && API_PORT === API_OPS_PORT && 'API_OPS_PORT: must be another port than API_PORT',
  ],
]
