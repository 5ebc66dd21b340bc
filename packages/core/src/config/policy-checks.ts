// Rules about several settings of the policy file. Rules that need the environment belong to the process.
import { fallsBack } from './fallback-rules.ts'
import { checkReferences, type Found, type PolicyRule } from './policy-references.ts'
import type { Policy } from './policy-schema.ts'

/** A code that is sent in the last seconds of its life arrives too late to be typed. */
const SECONDS_TO_TYPE = 30

const checkScenes: PolicyRule = ({ codes, scenes }) => [
  scenes['default'] === undefined && {
    at: ['scenes'],
    says: 'must have the scene default, which is used for a request that names no scene',
  },
  ...Object.entries(scenes).flatMap(([name, own]): Found => {
    const [life, within] = [own.life ?? codes.life, own.send_within ?? codes.send_within]
    const latest = life - SECONDS_TO_TYPE
    const at = ['scenes', name]
    // Scenes that set neither value share the fault, which is reported once.
    const isOwn = own.life !== undefined || own.send_within !== undefined
    return [
      within > latest && {
        at: isOwn ? at : ['codes', 'send_within'],
        says: `sends until ${within} s, but codes live ${life} s; send_within must be ${latest}s or less`,
      },
      own.receipt_within !== undefined &&
        own.fallback !== true && { at: [...at, 'receipt_within'], says: 'needs fallback: true' },
      own.waits !== undefined &&
        own.sends !== undefined && { at: [...at, 'waits'], says: 'cannot be set beside sends; remove one' },
    ]
  }),
]

/** A token without the value that is checked would never pass. */
const checkSiteverify: PolicyRule = ({ captcha: { siteverify } }) => {
  const says = (what: string) => ({
    at: ['captcha', 'siteverify', what],
    says: 'is not supported by this service',
  })
  return [
    siteverify?.min_score !== undefined && siteverify.service !== 'recaptcha' && says('min_score'),
    siteverify?.check_action === true && siteverify.service === 'hcaptcha' && says('check_action'),
  ]
}

const checkEmail: PolicyRule = (policy) => [
  policy.email.from === undefined &&
    fallsBack(policy) && {
      at: ['email', 'from'],
      says: 'is missing (the sender of the mails)',
    },
]

const checkCaptcha: PolicyRule = ({ codes, scenes, captcha, step_up }) =>
  Object.entries(scenes).flatMap(([name, own]): Found => {
    const at = own.captcha === undefined ? ['codes', 'captcha'] : ['scenes', name, 'captcha']
    const accepted = own.captcha ?? codes.captcha
    return [
      captcha.siteverify === undefined &&
        accepted.includes('siteverify') && { at, says: 'accepts siteverify, which needs captcha.siteverify' },
      step_up.enabled &&
        accepted.every((kind) => kind === 'picture') && {
          at,
          says: 'needs proof or siteverify, because step_up.enabled is true and asks some callers for a proof',
        },
    ]
  })

const checkBudget: PolicyRule = ({ budget: { cents, message_cents: price } }) => [
  cents.some(({ most }) => most < price) && {
    at: ['budget', 'cents'],
    says: `pays for no message, because one costs ${price} (budget.message_cents)`,
  },
]

const checkGuard: PolicyRule = ({ step_up, guard }) => {
  const needsProofs = (mode: string, at: readonly string[]) =>
    !step_up.enabled &&
    mode === 'challenge' && { at, says: 'cannot be challenge while step_up.enabled is false' }
  return [
    step_up.proof_percent < step_up.long_picture_percent && {
      at: ['step_up', 'proof_percent'],
      says: 'must not be less than step_up.long_picture_percent',
    },
    needsProofs(guard.mode, ['guard', 'mode']),
    needsProofs(guard.address.mode, ['guard', 'address', 'mode']),
  ]
}

const checkLists: PolicyRule = ({ lists: { allow, deny } }) =>
  deny.map(
    ({ text }, i) =>
      allow.some((allowed) => allowed.text === text) && {
        at: ['lists', 'deny', i],
        says: 'is in lists.allow too; remove it from one of them',
      },
  )

const checkTestNumbers: PolicyRule = ({ codes, scenes, test_numbers: { numbers } }) => {
  const lengths = Object.values(scenes).map(({ length = codes.length }) => length)
  return numbers.flatMap(({ mobile, code }, i): Found => {
    const at = ['test_numbers', 'numbers', i]
    return [
      !lengths.includes(code.length) && {
        at: [...at, 'code'],
        says: 'has a length that no scene has (codes.length, length of a scene)',
      },
      numbers.findIndex((number) => number.mobile === mobile) < i && {
        at: [...at, 'mobile'],
        says: 'is listed twice',
      },
    ]
  })
}

/** Numbers of a country with a wrong code would be refused. Intl replaces codes that are not of ISO 3166-1, such as UK. */
const checkCountries: PolicyRule = ({ countries }) => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  return Object.keys(countries).map((code) => {
    const isKnown = new Intl.Locale(`und-${code}`).region === code && names.of(code) !== undefined
    return !isKnown && { at: ['countries', code], says: 'is not an ISO 3166-1 code, such as HK or GB' }
  })
}

const RULES: readonly PolicyRule[] = [
  checkCountries,
  checkScenes,
  checkReferences,
  checkSiteverify,
  checkEmail,
  checkCaptcha,
  checkBudget,
  checkGuard,
  checkLists,
  checkTestNumbers,
]

/** Rules about the policy of production, which the API and `check-policy` apply. */
export const productionFaults: PolicyRule = ({
  budget,
  captcha,
  test_numbers: { numbers, in_production },
}) => [
  budget.messages.length + budget.cents.length === 0 && {
    at: ['budget', 'messages'],
    says: 'is empty, and so is budget.cents; production needs one of them',
  },
  numbers.length > 0 &&
    !in_production && {
      at: ['test_numbers', 'numbers'],
      says: 'is not allowed in production unless test_numbers.in_production is true',
    },
  captcha.siteverify?.url?.startsWith('http:') === true && {
    at: ['captcha', 'siteverify', 'url'],
    says: 'must begin with https:// in production, because the call contains CAPTCHA_SECRET',
  },
  captcha.siteverify?.script?.startsWith('http:') === true && {
    at: ['captcha', 'siteverify', 'script'],
    says: 'must begin with https:// in production, because the script runs in your pages',
  },
]

export const policyFaults = (policy: Policy): Found => RULES.flatMap((rule) => rule(policy))
