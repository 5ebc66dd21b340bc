/** The key of a Standard Webhooks secret, null for what is none: `whsec_` and 24 to 64 bytes in base64. */
export function parseSecret(secret: string): Buffer | null {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const key = Buffer.from(text, 'base64')
  return key.length < 24 || key.length > 64 ? null : key
}

/** @throws with the reason, never with the secret */
export function readSecret(secret: string): Buffer {
  const key = parseSecret(secret)
  if (key === null) throw new Error('a webhook secret is whsec_ and 24 to 64 bytes in base64')
  return key
}
