import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { Refusal } from './answers.ts'

/** `shop:2f…`: the name goes into logs, the key nowhere. */
export const API_KEYS_PATTERN = '^([a-z][a-z0-9_-]{0,31}:[A-Za-z0-9_-]{32,128}(,(?!$)|$))*$'

export type ApiKey = { name: string; key: string }

export function parseApiKeys(text: string): ApiKey[] {
  if (text === '') return []
  return text.split(',').map((entry) => {
    const [name = '', key = ''] = entry.split(':')
    return { name, key }
  })
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/**
 * Lets in only who shows an API key (`Authorization: Bearer <key>`), before the body is read or anything is
 * looked up. Every key is compared, each in constant time, so the time of a refusal tells nothing.
 */
export function requireApiKey(apiKeys: readonly ApiKey[]): onRequestHookHandler {
  const known = apiKeys.map(({ name, key }) => ({ name, digest: sha256(key) }))
  return (request, reply, done) => {
    const [, shown = ''] = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? []
    const digest = sha256(shown)
    const [match] = known.filter((key) => timingSafeEqual(key.digest, digest))
    if (match === undefined) {
      void reply.header('www-authenticate', 'Bearer')
      return done(new Refusal('keyWrong'))
    }
    request.backend = match.name
    return done()
  }
}
