import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { isUnique, list } from '@sms-codes/core/config/decoders'
import { throwFaults } from '@sms-codes/core/throw-faults'
import type { Claims } from '../receipts/receipts.ts'
import { Refusal } from './answers.ts'

/** The key of a back end. `scenes` are the scenes to which the key is bound; an empty list binds it to no scene. */
type ApiKey = { name: string; key: string; scenes: readonly string[] }

/** Parses entries such as `shop:2f…` and `crm:7a…:login+pay`. @throws Error whose message has a line for each fault */
export function parseApiKeys(text: string): ApiKey[] {
  const entries = list(text).map((entry): ApiKey => {
    const [, name = '', key, scenes] =
      /^([a-z][a-z0-9_-]{0,31}):([A-Za-z0-9_-]{32,128})(?::([a-z0-9_]+(?:\+[a-z0-9_]+)*))?$/.exec(entry) ?? []
    if (key === undefined)
      throw new Error(
        'must be a comma list of name:key or name:key:scene+scene, with names in lower case and keys of 32 to 128 url-safe characters',
      )
    return { name, key, scenes: scenes?.split('+') ?? [] }
  })
  const faults: string[] = []
  if (!isUnique(entries.map(({ name }) => name))) faults.push('two keys have the same name')
  if (!isUnique(entries.map(({ key }) => key))) faults.push('two names have the same key')
  if (!entries.every(({ scenes }) => isUnique(scenes))) faults.push('a key has the same scene twice')
  throwFaults(faults)
  return entries
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/** The back ends that call the API. Receipts of a scene are only for the back ends whose keys are bound to the scene. */
export function createBackEnds(apiKeys: readonly ApiKey[]) {
  const known = apiKeys.map((apiKey) => ({ ...apiKey, digest: sha256(apiKey.key) }))
  const callers = new WeakMap<FastifyRequest, ApiKey>()

  /** The names of the back ends for which the receipts of a scene are; empty if no key is bound to the scene. */
  const audienceOf = (scene: string) =>
    apiKeys.filter(({ scenes }) => scenes.includes(scene)).map(({ name }) => name)

  /**
   * Refuses a request without a known API key (`Authorization: Bearer <key>`) before its body is read. The hook
   * compares all keys, each in constant time, so the time of a refusal tells nothing about a key. The further log
   * lines of the request show the name of its API key.
   */
  const requireKey: onRequestHookHandler = (request, reply, done) => {
    const [, shown = ''] = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? []
    const digest = sha256(shown)
    const [match] = known.filter((key) => timingSafeEqual(key.digest, digest))
    if (match === undefined) {
      void reply.header('www-authenticate', 'Bearer')
      return done(new Refusal('keyWrong'))
    }
    callers.set(request, match)
    request.log = request.log.child({ backend: match.name })
    return done()
  }

  return {
    requireKey,
    audienceOf,

    /** Whether the caller may redeem a receipt of this scene, by the present API_KEYS and by the receipt's `aud`. */
    mayRedeem(request: FastifyRequest, { scene, aud }: Pick<Claims, 'scene' | 'aud'>): boolean {
      const caller = callers.get(request)
      if (caller === undefined) return false
      const audience = audienceOf(scene)
      const isAllowed = audience.length === 0 ? caller.scenes.length === 0 : audience.includes(caller.name)
      return isAllowed && (aud === undefined || [aud].flat().includes(caller.name))
    },
  }
}
