import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { isUnique, list } from '@sms-codes/core/config/decoders'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { throwFaults } from '@sms-codes/core/throw-faults'
import type { Claims } from '../receipts/receipts.ts'
import { Refusal } from './answers.ts'

type ApiKey = { name: string; key: string }

/**
 * What the policy lets an API key do: `send` codes without a picture, `redeem` receipts, store and erase `contacts`.
 * Without `scenes` the key is bound to no scene.
 */
export type KeyRules = Required<Policy['api_keys'][string]>
type Scope = KeyRules['scopes'][number]
type BackEnd = ApiKey & KeyRules

const WITHOUT_ENTRY: KeyRules = { scopes: ['redeem', 'contacts'], scenes: [], sends: [] }

/** The back ends of API_KEYS, with the rules that `api_keys` of the policy has for their names. */
export const backEndsOf = (apiKeys: readonly ApiKey[], rules: Record<string, Partial<KeyRules>>): BackEnd[] =>
  apiKeys.map((apiKey) => ({ ...WITHOUT_ENTRY, ...rules[apiKey.name], ...apiKey }))

/** Parses entries such as `shop:2f…`. @throws Error whose message has a line for each fault */
export function parseApiKeys(text: string): ApiKey[] {
  const entries = list(text).map((entry) => {
    const [, name = '', key, rest] =
      /^([a-z][a-z0-9_-]{0,31}):([A-Za-z0-9_-]{32,128})(:.*)?$/.exec(entry) ?? []
    return { name, key: key ?? '', hasScenes: rest !== undefined }
  })
  const isTwice = (values: string[]) => !isUnique(values.filter((value) => value !== ''))
  throwFaults([
    ...entries.map(
      ({ key, hasScenes }, i) =>
        (key === '' &&
          `entry ${i + 1} must be name:key, with a lower-case name and a key of 32 to 128 url-safe characters`) ||
        (hasScenes && `entry ${i + 1} has scenes, which moved to api_keys.<name>.scenes in the policy file`),
    ),
    isTwice(entries.map(({ name }) => name)) && 'two keys have the same name',
    isTwice(entries.map(({ key }) => key)) && 'two names have the same key',
  ])
  return entries.map(({ name, key }) => ({ name, key }))
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/** The back ends that call the API. Receipts of a scene are only for the back ends whose keys are bound to the scene. */
export function createBackEnds(backEnds: readonly BackEnd[]) {
  const known = backEnds.map((backEnd) => ({ ...backEnd, digest: sha256(backEnd.key) }))
  const callers = new WeakMap<FastifyRequest, BackEnd>()
  const hasSender = backEnds.some(({ scopes }) => scopes.includes('send'))

  /** The names of the back ends for which the receipts of a scene are; empty if no key is bound to the scene. */
  const audienceOf = (scene: string) =>
    backEnds.filter(({ scenes }) => scenes.includes(scene)).map(({ name }) => name)

  /**
   * Finds the back end of an API key (`Authorization: Bearer <key>`). All keys are compared, each in constant time, so the
   * time of a refusal tells nothing about a key.
   */
  function backEndOf(authorization = ''): BackEnd | undefined {
    const [, shown = ''] = /^Bearer +([^\s]+)$/i.exec(authorization) ?? []
    const digest = sha256(shown)
    return known.filter((key) => timingSafeEqual(key.digest, digest))[0]
  }

  /** The further log lines of the request show the name of its API key. */
  function identify(request: FastifyRequest, reply: FastifyReply, scope: Scope): Refusal | undefined {
    const match = backEndOf(request.headers.authorization)
    if (match === undefined) {
      void reply.header('www-authenticate', 'Bearer')
      return new Refusal('keyWrong')
    }
    callers.set(request, match)
    request.log = request.log.child({ backend: match.name })
    if (match.scopes.includes(scope)) return undefined
    void reply.header('www-authenticate', `Bearer error="insufficient_scope", scope="${scope}"`)
    return new Refusal('keyForbidden')
  }

  /** Whether the caller's key is bound to the scene, or neither this key is bound nor another one to this scene. */
  function isFor(request: FastifyRequest, scene: string): boolean {
    const caller = callers.get(request)
    if (caller === undefined) return false
    const audience = audienceOf(scene)
    return audience.length === 0 ? caller.scenes.length === 0 : audience.includes(caller.name)
  }

  return {
    audienceOf,

    /** Refuses a request without an API key of this scope, before the body is read. */
    requireScope:
      (scope: Scope): onRequestHookHandler =>
      (request, reply, done) =>
        done(identify(request, reply, scope)),

    /**
     * Lets a back end send. A request without the header is a browser's. A header with Basic is for a proxy with a
     * password. While no key has the scope, an unknown key is a token of the page's own application, which classic pages
     * send with every call. A page with an API key shows it to everyone, so a key from a browser is refused.
     */
    acceptSender: ((request, reply, done) => {
      const { authorization, origin } = request.headers
      if (authorization === undefined || /^Basic /i.test(authorization)) return done()
      if (!hasSender && backEndOf(authorization) === undefined) return done()
      const refusal = identify(request, reply, 'send')
      return done(refusal ?? (origin === undefined ? undefined : new Refusal('keyInPage')))
    }) satisfies onRequestHookHandler,

    /** The name of the back end that made a request, or undefined for a request without an API key. */
    nameOf: (request: FastifyRequest): string | undefined => callers.get(request)?.name,

    maySend: isFor,

    /** Whether the caller may redeem a receipt of this scene, by the present bindings and by the receipt's `aud`. */
    mayRedeem: (request: FastifyRequest, { scene, aud }: Pick<Claims, 'scene' | 'aud'>): boolean =>
      isFor(request, scene) &&
      (aud === undefined || [aud].flat().some((name) => name === callers.get(request)?.name)),
  }
}
