import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { isUnique, list } from '@sms-codes/core/config/decoders'
import { throwFaults } from '@sms-codes/core/throw-faults'
import { Refusal } from './answers.ts'

type ApiKey = { name: string; key: string }

/** Parses entries of name and key such as `shop:2f…`. @throws Error whose message has one line for each fault */
export function parseApiKeys(text: string): ApiKey[] {
  const entries = list(text).map((entry): ApiKey => {
    const [, name = '', key] = /^([a-z][a-z0-9_-]{0,31}):([A-Za-z0-9_-]{32,128})$/.exec(entry) ?? []
    if (key === undefined)
      throw new Error('must be a comma list of name:key, each key 32 to 128 url-safe characters')
    return { name, key }
  })
  const faults: string[] = []
  if (!isUnique(entries.map(({ name }) => name))) faults.push('two keys have the same name')
  if (!isUnique(entries.map(({ key }) => key))) faults.push('two names have the same key')
  throwFaults(faults)
  return entries
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/**
 * Refuses a request without a known API key (`Authorization: Bearer <key>`) before its body is read. The hook
 * compares all keys, each in constant time, so the time of a refusal tells nothing about a key. The further log
 * lines of the request show the name of its API key.
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
    request.log = request.log.child({ backend: match.name })
    return done()
  }
}
