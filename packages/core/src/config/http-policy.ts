// Defines the key `http` of a gateway: how to call a vendor that has a plain HTTP API, and how to read its answers.
import { Type, type Static } from '@sinclair/typebox'
import { flag, oneOrMore, section, text } from './policy-values.ts'

const NAME = '^[\\w-]{1,64}$'

const secret = (what: string) =>
  text(
    '\\{env:[A-Z][A-Z0-9_]*\\}',
    `${what} with the variable that contains it, such as '{env:VENDOR_API_KEY}'; never the secret itself`,
  )

const path = (what: string) =>
  text(
    '^[^.\\s]+(\\.[^.\\s]+)*$',
    `${what} in the vendor's JSON: names and indexes with dots, such as messages.0.id`,
  )

const namedSecret = (what: string) =>
  section(
    { name: text(NAME, `name of the ${what}`), value: secret(`value of the ${what}`) },
    `a ${what} with a secret`,
  )

const codes = (meaning: string) =>
  text(
    '^[\\w.:-]{1,64}(\\s+[\\w.:-]{1,64})*$',
    `vendor codes with blanks between them, such as '8 9 100-199 HTTP_400': ${meaning}`,
  )

const auth = {
  basic: section(
    {
      user: Type.String({ minLength: 1, description: 'user name, with placeholders' }),
      password: secret('the password'),
    },
    'user and password of HTTP basic authentication',
  ),
  bearer: secret('the token of Authorization: Bearer'),
  header: namedSecret('header'),
  query: namedSecret('query parameter'),
}

const success = section(
  {
    status: Type.Array(Type.Integer({ minimum: 200, maximum: 299 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'HTTP statuses of a taken message, from 200 to 299, such as [200]',
    }),
    path: Type.Optional(path('field that a taken message has')),
    equals: Type.Optional(
      oneOrMore(
        Type.String(),
        "values of the field for a taken message, in quotes, such as ['0']; any value without this key",
      ),
    ),
  },
  'the answer to a message that the vendor has taken',
)

const classes = {
  number: codes('no gateway can reach this number'),
  number_limit: codes('the number has reached a limit of the vendor; no other gateway is asked'),
  template: codes('the vendor refuses the template, the sign name or the text; the next gateway is asked'),
  config: codes('the account, key, balance or request is wrong; the gateway rests'),
  retry_same: codes('not taken; the same gateway is asked again after a pause'),
  switch_now: codes('not taken; the next gateway is asked at once, as after an unlisted code'),
  ambiguous: codes('the message may have been taken'),
  duplicate: codes('the vendor has already taken a message with this {id}'),
}

const optional = {
  method: Type.Union([Type.Literal('POST'), Type.Literal('PUT')], {
    default: 'POST',
    description: 'POST or PUT; a GET would put the verification code into access logs',
  }),
  headers: Type.Record(Type.String({ pattern: NAME }), Type.String(), {
    additionalProperties: false,
    description: 'headers of the call, with placeholders; Content-Type is set by form or json',
  }),
  auth: Type.Partial(Type.Object(auth), {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    description: 'how the vendor recognises the account: one of basic, bearer, header and query',
  }),
  form: Type.Record(Type.String(), Type.String(), {
    minProperties: 1,
    description: 'fields of a form as the body, with placeholders; set form or json',
  }),
  json: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Array(Type.Unknown())], {
    description: 'any JSON as the body, with placeholders in its strings; set form or json',
  }),
  id: path("the vendor's id of the message"),
  code: path("the vendor's result code; without this key, the field of success"),
  classes: Type.Partial(
    section(classes, 'what the codes of a refusal mean; HTTP_400 is an answer with status 400 and no code'),
  ),
  idempotent: flag('whether the vendor sends one message if the same {id} is repeated'),
}

export const HttpPolicy = section(
  {
    url: text(
      '^https?://[^\\s/?#@{}]+([/?][^\\s#]*)?$',
      'address of the call, such as https://sms.example.com/v2/send.json; placeholders only after the host, and neither {code} nor {text}',
    ),
    success,
    ...Type.Partial(Type.Object(optional)).properties,
  },
  'the call of a vendor that has a plain HTTP API, only with vendor: http; see docs/http-gateway.md',
)
export type HttpPolicy = Static<typeof HttpPolicy>
