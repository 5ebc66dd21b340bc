// Owns Aliyun's two signatures. RPC v1 covers the parameters, wherever they stand, and neither host nor body;
// ACS3 covers the query, every header it lists and a digest of the body. Both sign the path `/`.
import { createHash, createHmac } from 'node:crypto'

export type AliyunKey = { accessKeyId: string; accessKeySecret: string }
export type Acs3Input = { query: string; headers: Record<string, string>; body: string }

/** Sorted by name. RFC 3986 leaves fewer characters bare than encodeURIComponent does. */
export function canonicalQuery(params: Record<string, string>): string {
  const names = Object.keys(params).toSorted()
  return names.map((name) => `${encode(name)}=${encode(params[name] ?? '')}`).join('&')
}

export function signRpc(method: string, params: Record<string, string>, accessKeySecret: string) {
  const stringToSign = `${method}&${encode('/')}&${encode(canonicalQuery(params))}`
  const signature = createHmac('sha1', `${accessKeySecret}&`).update(stringToSign).digest('base64')
  return { stringToSign, signature }
}

/** For a POST. `query` is a canonical one; the names of `headers` are in lower case. */
export function signAcs3({ accessKeyId, accessKeySecret }: AliyunKey, { query, headers, body }: Acs3Input) {
  const digest = sha256(body)
  const signed: Record<string, string> = { ...headers, 'x-acs-content-sha256': digest }
  const names = Object.keys(signed).toSorted()
  const lines = names.map((name) => `${name}:${signed[name]?.trim()}\n`).join('')
  const canonicalRequest = `POST\n/\n${query}\n${lines}\n${names.join(';')}\n${digest}`
  const stringToSign = `ACS3-HMAC-SHA256\n${sha256(canonicalRequest)}`
  const signature = createHmac('sha256', accessKeySecret).update(stringToSign).digest('hex')
  const listed = `Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  return {
    canonicalRequest,
    stringToSign,
    headers: { ...signed, Authorization: `ACS3-HMAC-SHA256 ${listed}` },
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
