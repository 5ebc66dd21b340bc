// The schema of the policy file. packages/core/policy.yaml has the built-in values and explains each setting.
import { Type, type StaticDecode } from '@sinclair/typebox'
import { parsed } from './decoders.ts'
import { COUNTRY, gateways, LOCALE, locale, NAME, route, SCENE, sceneNames } from './gateway-policy.ts'
import {
  day,
  duration,
  flag,
  limits,
  listEntries,
  named,
  networks,
  oneOf,
  oneOrMore,
  section,
  someOfThe,
  text,
  whole,
} from './policy-values.ts'
import { parseSender } from './sender.ts'

const percent = (description: string) => whole(1, 100, description)

export const CAPTCHAS = ['picture', 'proof', 'siteverify'] as const
export const SCOPES = ['send', 'redeem', 'contacts'] as const
export const MOST_SHARDS = 16

const codes = section({
  length: whole(4, 10, 'number of digits in a code'),
  life: duration('60s', '10m', 'life of a code'),
  send_within: duration('10s', '9m', 'time after the request in which a message may be sent'),
  sends: limits('limits of messages to one phone'),
  captcha: Type.Array(oneOf(CAPTCHAS, 'picture, proof or siteverify'), {
    minItems: 1,
    uniqueItems: true,
    description: 'what a browser may show: picture, proof, siteverify',
  }),
})

const scene = section({
  ...Type.Partial(codes).properties,
  waits: Type.Optional(
    Type.Array(duration('1s', '1d', 'a wait'), {
      minItems: 1,
      maxItems: 20,
      description: 'growing waits between messages to one phone, such as [60s, 2m, 10m]',
    }),
  ),
  fallback: Type.Optional(flag('whether a code may go by e-mail if the gateways cannot deliver it')),
  receipt_within: Type.Optional(
    duration(
      '1s',
      '999s',
      'time after which the code also goes by e-mail if no delivery receipt has arrived',
    ),
  ),
  locale: Type.Optional(locale),
})

const sendsAndOthers = section({
  images: limits('limits of picture codes, challenges and tokens of a captcha service'),
  attempts: limits('limits of answers to picture codes and of proofs, without those of back ends'),
  sends: limits('limits of messages; those of an address apply to a limit_key too'),
  verifies: limits('limits of codes that are tried'),
})

const GUARD_MODES = ['off', 'observe', 'challenge', 'deny'] as const
const judged = {
  window: duration('60s', '1d', 'time for which messages are counted'),
  min_sends: whole(1, 1_000_000, 'messages before the guard judges'),
  min_percent: percent('percentage of verified codes below which the guard reacts'),
}

const address = (what: string) => Type.Optional(text('^https?://[^\\s]+$', `address of ${what}`))

const siteverify = section({
  service: oneOf(['turnstile', 'hcaptcha', 'recaptcha'], 'turnstile, hcaptcha or recaptcha'),
  url: address('the check, such as https://www.recaptcha.net/recaptcha/api/siteverify'),
  site_key: Type.Optional(
    text('^[0-9A-Za-z_-]{8,128}$', 'site key, which pages need for the widget, and which hCaptcha compares'),
  ),
  script: address('the script of the widget, such as https://www.recaptcha.net/recaptcha/api.js'),
  hostnames: Type.Optional(
    oneOrMore(
      text('^[a-z0-9.-]+$', 'host name of a page'),
      'host names of the pages whose tokens are accepted',
    ),
  ),
  check_action: Type.Optional(flag("whether the token's action must be the scene")),
  min_score: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'lowest accepted score' })),
  deadline: Type.Optional(duration('500ms', '10s', 'time that the check may take')),
})

const apiKey = section({
  scopes: someOfThe(SCOPES, 'what the key may do: send, redeem, contacts'),
  scenes: Type.Optional(sceneNames),
  sends: Type.Optional(limits('limits of the messages that the key requests')),
})

export const PolicySchema = section({
  countries: named(
    COUNTRY,
    section({ locale, sends: Type.Optional(limits('limits of all messages to the country')) }),
    'ISO 3166-1 code of a country, such as HK',
  ),
  texts: named(
    LOCALE,
    text(
      '^(?=[^]*\\{code\\})([^{}]|\\{code\\}|\\{minutes\\})*$',
      'text of a message with {code}, and {minutes} for its life; no other braces',
    ),
    'a locale such as zh-CN or en',
  ),
  web_otp_domain: Type.Optional(
    text('^[a-z0-9-]+(\\.[a-z0-9-]+)+$', 'domain of your page, such as www.example.com'),
  ),
  codes,
  scenes: named(SCENE, scene, 'name of a scene: a lower-case letter and up to 31 more letters, digits or _'),
  gateways,
  routes: Type.Array(route, { description: 'which gateway is asked first for some numbers' }),
  gateway_deadline: duration('1000ms', '8s', 'time that one call of a gateway may take'),
  email: section({
    from: Type.Optional(
      parsed(parseSender, { description: 'sender of the e-mails, such as Name <codes@example.com>' }),
    ),
    fallback_after: duration('1s', '100s', 'time in which gateways that refuse a message are tried again'),
  }),
  limits: section({
    address: sendsAndOthers,
    subnet: sendsAndOthers,
    segment: limits('limits of messages to one number segment'),
  }),
  budget: section({
    messages: limits('limits of all messages'),
    cents: limits('limits of the cost of all messages'),
    message_cents: Type.Number({
      minimum: 0.01,
      maximum: 1_000,
      description: 'price of one message in cents',
    }),
  }),
  step_up: section({
    enabled: flag('whether an address with many attempts gets harder pictures and later needs a proof'),
    long_picture_percent: percent('percentage of the attempts above which pictures have five characters'),
    proof_percent: percent('percentage of the attempts above which an address needs a proof of work'),
  }),
  guard: section({
    mode: oneOf(GUARD_MODES, 'off, observe, challenge or deny'),
    react_for: duration('60s', '1d', 'time for which the guard reacts'),
    segment: section(judged),
    address: section({
      mode: oneOf(['same', 'observe', 'challenge', 'deny'], 'same, observe, challenge or deny'),
      ...judged,
    }),
    service: section(judged),
  }),
  lists: section({ allow: listEntries, deny: listEntries }),
  test_numbers: section({
    in_production: flag('whether production may have test numbers'),
    numbers: Type.Array(
      section({
        mobile: text(
          '^\\+[1-9][0-9]{6,14}$',
          "number with its country calling code, such as '+8613800000001'",
        ),
        code: text('^[0-9]{4,10}$', "fixed code, such as '123456'"),
        until: day('last day (UTC), such as 2026-12-31'),
      }),
      { description: 'numbers with a fixed code' },
    ),
  }),
  captcha: section({ siteverify: Type.Optional(siteverify) }),
  api_keys: named(NAME, apiKey, 'name of an API key'),
  callbacks: section({
    addresses: networks('addresses and CIDRs from which delivery receipts are accepted'),
  }),
  cors: section({
    headers: Type.Array(text('^[A-Za-z0-9-]+$', 'name of a header'), { description: 'names of headers' }),
  }),
  overload: section({
    queue_max_age: duration(
      '0s',
      '540s',
      'longest wait of a message for a worker; 0s also accepts sends while no gateway accepts messages',
    ),
    event_loop_max_delay: duration('0ms', '60s', 'longest delay of the event loop; 0s for no limit'),
    event_loop_max_percent: whole(0, 100, 'busiest event loop; 0 for no limit'),
  }),
  history_hours: whole(0, 168, 'hours for which operators see the requests of a phone, 0 for none'),
  queues: section({ shards: whole(1, MOST_SHARDS, 'number of queues that share the messages by SMS') }),
})

/** The decoded policy. Durations are in seconds and limits are windows. */
export type Policy = StaticDecode<typeof PolicySchema>
export type GatewayPolicy = Policy['gateways'][string]
export type ScenePolicy = Policy['scenes'][string]
