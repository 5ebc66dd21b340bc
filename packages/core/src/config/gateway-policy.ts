// The part of the policy's schema about gateways, their wording and the routes.
import { Type } from '@sinclair/typebox'
import { CALLING_CODE } from '../mobile.ts'
import { HttpPolicy } from './http-policy.ts'
import { flag, limits, named, oneOrMore, section, text, whole } from './policy-values.ts'

export const SCENE = '^[a-z][a-z0-9_]{0,31}$'
export const NAME = '^[a-z][a-z0-9_-]{0,31}$'
export const COUNTRY = '^[A-Z]{2}$'
export const LOCALE = '^[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?$'
export const locale = text(LOCALE, 'a locale that `texts` has, such as zh-CN')
export const sceneNames = oneOrMore(text(SCENE, 'name of a scene'), 'names of scenes')
const countryCodes = oneOrMore(
  text(COUNTRY, 'ISO 3166-1 code of a country, such as HK'),
  'ISO 3166-1 codes of countries, such as [HK, MO]',
)
const wording = section({
  scenes: Type.Optional(sceneNames),
  locales: Type.Optional(oneOrMore(locale, 'locales that `texts` has')),
  countries: Type.Optional(countryCodes),
  template: Type.Optional(text('^[^\\s]{1,64}$', "the vendor's template, in quotes if it is a number")),
  sign_name: Type.Optional(text('^[^\\s【】]{2,20}$', 'signature without its brackets, such as 美多商城')),
  sender: Type.Optional(text('^\\S(.{0,62}\\S)?$', "sender's number or name, such as +15005550006")),
  minutes: Type.Optional(whole(1, 10, 'minutes in the text of the template')),
})

const gateway = section({
  vendor: Type.Optional(text(NAME, 'a vendor, such as ccp')),
  base_url: Type.Optional(
    text('^https?://[^\\s]+$', "address of the vendor's API, such as https://api.example.com"),
  ),
  account: Type.Optional(text('^[0-9A-Za-z]{4,64}$', 'id of the account: account sid, app key or API key')),
  app: Type.Optional(
    text('^[0-9A-Za-z]{4,64}$', 'id of the application, the channel or the messaging service'),
  ),
  api_key: Type.Optional(text('^[0-9A-Za-z]{4,64}$', 'id of an API key of the account')),
  region: Type.Optional(text('^[a-z0-9-]{4,32}$', "the vendor's region, such as ap-guangzhou")),
  idempotent: Type.Optional(flag('whether the receiver sends a message once, even if its id is repeated')),
  weight: Type.Optional(whole(1, 999, 'share of the messages for which the gateway is asked first')),
  rate: Type.Optional(whole(1, 9_999, 'messages a second that the gateway takes, over all workers')),
  quota: Type.Optional(limits("the vendor's limits of messages to one number", '1d')),
  countries: Type.Optional(countryCodes),
  http: Type.Optional(HttpPolicy),
  messages: Type.Optional(oneOrMore(wording, 'wording by scene, locale and country')),
})

// `email` is the name of the e-mail channel in records and metrics.
export const gateways = named(
  `(?!email$)${NAME}`,
  gateway,
  'name of a gateway, not email: lower-case letters, digits, - or _',
)

export const route = section({
  countries: Type.Optional(countryCodes),
  segments: Type.Optional(
    oneOrMore(
      text(
        // The reference keeps the calling code from taking further digits, as 861 of +861701.
        `^\\+(?=(${CALLING_CODE}))\\1[0-9]{0,3}$`,
        "beginning of a number: country calling code and at most three digits, such as '+86170'",
      ),
      "beginnings of numbers, such as ['+86170']",
    ),
  ),
  gateway: text(NAME, 'name of a gateway'),
})
