import { productionFaults } from '@sms-codes/core/config/policy-checks'
import { checkKeys } from '@sms-codes/core/config/keys'
import type { Checks } from '@sms-codes/core/config/load'
import { receiptFaults } from '@sms-codes/gateways/receipts'
import type { ApiValues } from './variables.ts'

/** Rules about several variables of the API, and about variables and the policy. */
export const API_CHECKS: Checks<ApiValues> = {
  variables: [
    checkKeys,
    ({ CALLBACK_TOKEN, PUBLIC_URL, ...values }) =>
      receiptFaults(values, { callbackToken: CALLBACK_TOKEN, publicUrl: PUBLIC_URL }),
    ({ API_PORT = 0, API_OPS_PORT }) => [
      API_PORT !== 0 && API_PORT === API_OPS_PORT && 'API_OPS_PORT: must be another port than API_PORT',
    ],
  ],
  policy: [
    (policy, { NODE_ENV }) => (NODE_ENV === 'production' ? productionFaults(policy) : []),
    ({ captcha: { siteverify } }, { CAPTCHA_SECRET }) => [
      siteverify !== undefined &&
        CAPTCHA_SECRET === undefined &&
        'CAPTCHA_SECRET: is missing; captcha.siteverify in the policy file needs it',
    ],
    ({ api_keys }, { API_KEYS }) =>
      Object.keys(api_keys).map(
        (name) =>
          API_KEYS?.every((key) => key.name !== name) === true && {
            at: ['api_keys', name],
            says: `has no key in API_KEYS; add ${name}:<key> there, or remove this entry`,
          },
      ),
  ],
}
