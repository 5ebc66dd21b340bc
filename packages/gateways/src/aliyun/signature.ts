// Makes Aliyun's RPC signature, version 1. The signature covers the method, the parameters and the path `/`.
import { createHmac } from 'node:crypto'

/** The parameters sorted by name and encoded as RFC 3986, which escapes more characters than encodeURIComponent. */
export function canonicalQuery(params: Record<string, string>): string {
  const names = Object.keys(params).toSorted()
  return names.map((name) => `${encode(name)}=${encode(params[name] ?? '')}`).join('&')
}

export function signRpc(method: string, params: Record<string, string>, accessKeySecret: string) {
  const stringToSign = `${method}&${encode('/')}&${encode(canonicalQuery(params))}`
  const signature = createHmac('sha1', `${accessKeySecret}&`).update(stringToSign).digest('base64')
  return { stringToSign, signature }
}

function encode(text: string): string {
  const escape = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replace(/[!'()*]/g, escape)
}
