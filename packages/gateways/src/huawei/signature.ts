// Makes SDK-HMAC-SHA256, the signature of Huawei Cloud's API gateway, for a POST. The signature covers the path, the
// body and the listed headers.
import { createHash, createHmac } from 'node:crypto'

type SdkInput = {
  path: string
  /** The headers to sign, with names in lower case. `x-sdk-date` must be one of them. */
  headers: Record<string, string>
  body: string
}

export function signSdk(account: { appKey: string; appSecret: string }, { path, headers, body }: SdkInput) {
  const names = Object.keys(headers).toSorted()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const signedHeaders = names.join(';')
  // Huawei signs every path with a slash at its end.
  const canonicalRequest = `POST\n${path}/\n\n${lines}\n${signedHeaders}\n${sha256(body)}`
  const stringToSign = `SDK-HMAC-SHA256\n${headers['x-sdk-date']}\n${sha256(canonicalRequest)}`
  const signature = createHmac('sha256', account.appSecret).update(stringToSign).digest('hex')
  return `SDK-HMAC-SHA256 Access=${account.appKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
