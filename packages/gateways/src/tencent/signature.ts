// Makes TC3-HMAC-SHA256, the signature of Tencent Cloud's API 3.0, for a POST to the path `/`. The signature covers
// the body and the listed headers. The day in the scope of the signature is in UTC.
import { createHash, createHmac } from 'node:crypto'

type Tc3Input = {
  service: string
  /** Unix seconds. */
  timestamp: number
  /** The headers to sign, with names in lower case. */
  headers: Record<string, string>
  payload: string
}

export function signTc3(account: { secretId: string; secretKey: string }, input: Tc3Input): string {
  const key = signingKey(dateKey(account.secretKey, input.timestamp), input.service)
  const signature = hmac(key, tc3StringToSign(input)).toString('hex')
  const [scope, names] = [scopeOf(input), namesOf(input).join(';')]
  return `TC3-HMAC-SHA256 Credential=${account.secretId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
}

export function tc3StringToSign(input: Tc3Input): string {
  return ['TC3-HMAC-SHA256', input.timestamp, scopeOf(input), sha256(tc3CanonicalRequest(input))].join('\n')
}

export function tc3CanonicalRequest(input: Tc3Input): string {
  const { headers, payload } = input
  const names = namesOf(input)
  // Values are signed in lower case, even if the request sends the values in another case.
  const lines = names.map((name) => `${name}:${headers[name]?.trim().toLowerCase()}\n`).join('')
  return `POST\n/\n\n${lines}\n${names.join(';')}\n${sha256(payload)}`
}

export const dateKey = (secretKey: string, timestamp: number) => hmac(`TC3${secretKey}`, dayOf(timestamp))

export const signingKey = (key: Buffer, service: string) => hmac(hmac(key, service), 'tc3_request')

const scopeOf = ({ timestamp, service }: Tc3Input) => `${dayOf(timestamp)}/${service}/tc3_request`
const namesOf = ({ headers }: Tc3Input) => Object.keys(headers).toSorted()
const dayOf = (timestamp: number) => new Date(timestamp * 1000).toISOString().slice(0, 10)

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
