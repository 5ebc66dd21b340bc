import { getCountries } from 'libphonenumber-js/max'
import { expect, it } from 'vitest'
import { ConfigError } from '../../src/config/load.ts'
import { loadPolicy } from '../policy-file.ts'
import { policyFile } from '@sms-codes/launcher/policy-file'

function faultsOf(settings: object): readonly string[] {
  try {
    loadPolicy(settings)
    return []
  } catch (err) {
    if (err instanceof ConfigError)
      return err.faults.map((fault) => fault.replace(`${policyFile(settings)}:`, '').replace(/^[0-9]+ /, ''))
    throw err
  }
}

const scene = (own: object) => ({ scenes: { default: {}, pay: own } })
const gateway = (own: object) => ({ gateways: { console: own } })
const testNumber = (more: object) => ({
  mobile: '+8613800000001',
  code: '123456',
  until: '2999-01-01',
  ...more,
})
const testNumbers = (...numbers: object[]) => ({ test_numbers: { numbers } })
const siteverify = { captcha: { siteverify: { service: 'turnstile' } } }
const noSteps = { step_up: { enabled: false } }

it.each<[string, object, string]>([
  [
    'a country by its informal code',
    { countries: { UK: { locale: 'en' } } },
    'countries.UK: is not an ISO 3166-1 code, such as HK or GB',
  ],
  [
    'a country that does not exist',
    { countries: { XX: { locale: 'en' } } },
    'countries.XX: is not an ISO 3166-1 code, such as HK or GB',
  ],
  ['no default scene', { scenes: { pay: {} } }, 'scenes: must have the scene default, which '],
  [
    'a scene that sends too late',
    scene({ life: '100s' }),
    'scenes.pay: sends until 120 s, but codes live 100 s; send_within must be 70s or less',
  ],
  [
    'a scene whose own time to send is too long',
    scene({ send_within: '5m' }),
    'scenes.pay: sends until 300 s, but codes live 300 s; send_within must be 270s or less',
  ],
  [
    'all scenes sending too late',
    { codes: { life: '100s' } },
    'codes.send_within: sends until 120 s, but codes live 100 s; send_within must be 70s or less',
  ],
  [
    'a wait for delivery receipts without fallback',
    scene({ receipt_within: '20s' }),
    'scenes.pay.receipt_within: needs fallback: true',
  ],
  [
    'waits beside limits',
    scene({ waits: ['60s'], sends: ['1/60s'] }),
    'scenes.pay.waits: cannot be set beside sends; remove one',
  ],
  [
    'siteverify without its settings, in a scene',
    scene({ captcha: ['siteverify'] }),
    'scenes.pay.captcha: accepts siteverify, which needs captcha.siteverify',
  ],
  [
    'siteverify without its settings, in all scenes',
    { codes: { captcha: ['picture', 'siteverify'] } },
    'codes.captcha: accepts siteverify, which needs captcha.siteverify',
  ],
  [
    'a score of Turnstile, which gives none',
    { captcha: { siteverify: { service: 'turnstile', min_score: 0.5 } } },
    'captcha.siteverify.min_score: is not supported by this service',
  ],
  [
    'an action of hCaptcha, which gives none',
    { captcha: { siteverify: { service: 'hcaptcha', check_action: true } } },
    'captcha.siteverify.check_action: is not supported by this service',
  ],
  [
    'a scene for pictures alone, although step_up asks for proofs',
    scene({ captcha: ['picture'] }),
    'scenes.pay.captcha: needs proof or siteverify, because step_up.enabled is true',
  ],
  [
    'a country whose locale has no text',
    { countries: { CN: { locale: 'fr' } } },
    'countries.CN.locale: names fr, which texts does not have',
  ],
  [
    'a scene whose locale has no text',
    scene({ locale: 'fr' }),
    'scenes.pay.locale: names fr, which texts does not have',
  ],
  [
    'a gateway of an unknown country',
    gateway({ countries: ['CN', 'HK'] }),
    'gateways.console.countries: names HK, which countries does not have',
  ],
  [
    'wording of an unknown scene',
    gateway({ messages: [{ scenes: ['login', 'buy'] }] }),
    'gateways.console.messages.0.scenes: names buy, which scenes does not have',
  ],
  [
    'wording of an inherited name',
    gateway({ messages: [{ scenes: ['constructor'] }] }),
    'gateways.console.messages.0.scenes: names constructor, which ',
  ],
  [
    'wording of an unknown locale',
    gateway({ messages: [{ locales: ['fr'] }] }),
    'gateways.console.messages.0.locales: names fr, which texts does not have',
  ],
  [
    'wording of an unknown country',
    gateway({ messages: [{ countries: ['HK'] }] }),
    'gateways.console.messages.0.countries: names HK, which countries does not have',
  ],
  [
    'a route to an unknown gateway',
    { routes: [{ countries: ['CN'], gateway: 'ccp' }] },
    'routes.0.gateway: names ccp, which gateways does not have',
  ],
  [
    'a route of an unknown country',
    { routes: [{ countries: ['HK'], gateway: 'console' }] },
    'routes.0.countries: names HK, which countries does not have',
  ],
  ['a route of no numbers', { routes: [{ gateway: 'console' }] }, 'routes.0: needs countries or segments'],
  [
    'an API key of an unknown scene',
    { api_keys: { shop: { scopes: ['send'], scenes: ['buy'] } } },
    'api_keys.shop.scenes: names buy, which scenes does not have',
  ],
  [
    'a budget that pays for nothing',
    { budget: { cents: ['9/1d', '4/1h'] } },
    'budget.cents: pays for no message, because one costs 5 (budget.message_cents)',
  ],
  [
    'a step-up whose second level comes before its first',
    { step_up: { proof_percent: 20 } },
    'step_up.proof_percent: must not be less than step_up.long_picture_percent',
  ],
  [
    'a challenge while there are no proofs',
    { ...noSteps, guard: { mode: 'challenge' } },
    'guard.mode: cannot be challenge while step_up.enabled is false',
  ],
  [
    'a challenge of addresses while there are no proofs',
    { ...noSteps, guard: { address: { mode: 'challenge' } } },
    'guard.address.mode: cannot be challenge while step_up.enabled is false',
  ],
  [
    'an entry on both lists, in two spellings',
    { lists: { allow: ['10.0.0.1'], deny: ['170', '10.0.0.1/32'] } },
    'lists.deny.1: is in lists.allow too; remove it from one of them',
  ],
  [
    'a scene with fallback without a sender',
    scene({ fallback: true }),
    'email.from: is missing (the sender of the mails)',
  ],
  [
    'a test number whose code no scene has',
    testNumbers(testNumber({ code: '1234567' })),
    'test_numbers.numbers.0.code: has a length that no scene has ',
  ],
  [
    'a test number twice',
    testNumbers(testNumber({}), testNumber({ code: '654321' })),
    'test_numbers.numbers.1.mobile: is listed twice',
  ],
])('a policy with %s has a fault', (_what, settings, expected) => {
  const faults = faultsOf(settings)
  expect(faults).toEqual([expect.stringContaining(expected)])
  expect(faults[0]?.startsWith(expected)).toBe(true)
})

it.each<[string, object]>([
  ['a scene with a life and a time to send of its own', scene({ life: '100s', send_within: '70s' })],
  [
    'receipts with fallback',
    { ...scene({ fallback: true, receipt_within: '20s' }), email: { from: 'a@b.example' } },
  ],
  ['a test number whose last day has passed', testNumbers(testNumber({ until: '2020-01-01' }))],
  ['a scene for pictures alone without step_up', { ...noSteps, ...scene({ captcha: ['picture'] }) }],
  ['siteverify with its settings', { ...siteverify, ...scene({ captcha: ['siteverify'] }) }],
  [
    'the score and the action of reCAPTCHA',
    { captcha: { siteverify: { service: 'recaptcha', min_score: 0.5, check_action: true } } },
  ],
  [
    'a test number with the length of one scene',
    { ...testNumbers(testNumber({ code: '1234567' })), ...scene({ length: 7 }) },
  ],
  ['a budget of one message', { budget: { cents: ['5/1h'] } }],
  ['a guard that denies without proofs', { ...noSteps, guard: { mode: 'deny' } }],
])('a policy with %s has no fault', (_what, settings) => {
  expect(faultsOf(settings)).toEqual([])
})

it('every country of the metadata of numbers may be served', () => {
  const countries = Object.fromEntries(getCountries().map((country) => [country, { locale: 'en' }]))
  expect(faultsOf({ countries })).toEqual([])
})
