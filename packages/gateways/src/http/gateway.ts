// Calls a vendor as the policy describes its HTTP API. A value can add neither a header nor a parameter, because
// values are encoded for the place in which they are put.
import type { HttpPolicy } from '@sms-codes/core/config/http-policy'
import type { SmsGateway, SmsMessage } from '../gateway.ts'
import type { ApiOptions } from '../transport.ts'
import { createOutcomeReader } from './outcome.ts'
import { fill, mapTexts, valuesOf } from './placeholders.ts'

type HttpOptions = ApiOptions & {
  http: HttpPolicy
  /** The values of the placeholders {env:NAME}, by `env:NAME`. */
  secrets: Readonly<Record<string, string>>
}

export function createHttpGateway(options: HttpOptions): SmsGateway {
  const { name, http, secrets, wordingOf, transport, now = () => new Date() } = options
  const { method = 'POST', idempotent = false, auth: { basic } = {} } = http
  const secret = (template: string) => fill(template, (placeholder) => secrets[placeholder] ?? '')
  const credentials =
    basic && Buffer.from(`${secret(basic.user)}:${secret(basic.password)}`).toString('base64')
  const outcomeOf = createOutcomeReader(http, [
    ...Object.values(secrets),
    ...(credentials ? [credentials] : []),
  ])

  async function send(message: SmsMessage, signal: AbortSignal) {
    const values = { ...valuesOf(message, wordingOf(message)), ...secrets }
    const { url, headers, body } = requestOf(http, credentials, values)
    return outcomeOf(await transport.post(url, { method, headers, body, signal }), message, now())
  }

  return { name, send, recognises: () => idempotent }
}

function requestOf(
  { url, headers, auth = {}, form, json }: HttpPolicy,
  credentials: string | undefined,
  values: Readonly<Record<string, string>>,
) {
  const text = (template: string) => fill(template, (name) => values[name] ?? '')
  const inUrl = (template: string) => fill(template, (name) => encoded(values[name] ?? ''))
  const { bearer, header, query } = auth
  const parameter = query && `${url.includes('?') ? '&' : '?'}${query.name}=${inUrl(query.value)}`
  const templates = {
    'Content-Type':
      form === undefined ? 'application/json;charset=utf-8' : 'application/x-www-form-urlencoded',
    ...headers,
    ...(credentials !== undefined && { Authorization: `Basic ${credentials}` }),
    ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
    ...(header && { [header.name]: header.value }),
  }
  const fields = Object.entries(form ?? {}).map(([name, value]): [string, string] => [name, text(value)])
  return {
    url: `${inUrl(url)}${parameter ?? ''}`,
    headers: Object.fromEntries(
      Object.entries(templates).map(([name, template]) => [
        name,
        text(template).replaceAll(/[^\x20-\x7e]/gu, encoded),
      ]),
    ),
    body: form === undefined ? JSON.stringify(mapTexts(json, text)) : new URLSearchParams(fields).toString(),
  }
}

/** Percent-encodes a text. Half of a surrogate pair, which cannot be encoded, becomes U+FFFD. */
const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString())
