import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { EgressProxy } from '@sms-codes/core/config/egress-proxy'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { Keyring } from '@sms-codes/core/keyring'
import type { Logger } from '@sms-codes/core/logger'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createTransport } from '@sms-codes/gateways/transport'

export type SiteverifyOptions = NonNullable<Policy['captcha']['siteverify']> & {
  secret: string
  proxy?: EgressProxy | undefined
}
type Needs = { redis: RedisClient; keyring: Pick<Keyring, 'pseudonym'>; log: Logger }

const ADDRESSES = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  hcaptcha: 'https://api.hcaptcha.com/siteverify',
  recaptcha: 'https://www.google.com/recaptcha/api/siteverify',
}

/** How long Redis remembers a token that passed: twice as long as any of the services accepts a token. */
const REMEMBER_SECONDS = 600

const Verdict = Type.Object({
  success: Type.Boolean(),
  'error-codes': Type.Optional(Type.Array(Type.Unknown())),
  hostname: Type.Optional(Type.Unknown()),
  action: Type.Optional(Type.Unknown()),
  score: Type.Optional(Type.Unknown()),
})
type Verdict = Static<typeof Verdict>

/** With these codes the service complains about us or about itself, and not about the token. */
const NOT_THE_TOKEN = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'bad-request',
  'internal-error',
])

/** The codes with which the services refuse a token. No other text of an answer appears in the log. */
const TOKEN_CODES = [
  'missing-input-response',
  'invalid-input-response',
  'expired-input-response',
  'timeout-or-duplicate',
  'already-seen-response',
  'invalid-or-already-seen-response',
  'sitekey-secret-mismatch',
  'not-using-dummy-passcode',
]

/**
 * Asks a captcha service about the tokens of its widget. The secret and the tokens appear in no log. The service does
 * not get the address of the user, which its widget has seen anyway.
 */
export function createSiteverify({ redis, keyring, log }: Needs, options: SiteverifyOptions) {
  const {
    service,
    url = ADDRESSES[service],
    site_key,
    hostnames,
    min_score,
    deadline = 3,
    secret,
    proxy,
  } = options
  const transport = createTransport({ totalTimeoutMs: deadline * 1000, proxy })
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }

  /**
   * Turnstile answers a repeated call with the same key like the first one, so a browser can try its token again after a
   * lost answer. The key changes with the time, or a token would pass once more when its mark in Redis has expired.
   */
  function idempotencyKey(token: string): string {
    const period = Math.floor(Date.now() / 1000 / REMEMBER_SECONDS)
    const hex = Buffer.from(keyring.pseudonym(`${period}|${token}`), 'base64url').toString('hex')
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
  }

  /** Returns the verdict, or the reason for a missing verdict. */
  async function ask(token: string): Promise<Verdict | string> {
    const body = new URLSearchParams({
      secret,
      response: token,
      ...(site_key !== undefined && { sitekey: site_key }),
      ...(service === 'turnstile' && { idempotency_key: idempotencyKey(token) }),
    }).toString()
    const result = await transport.post(url, { headers, body, signal: new AbortController().signal })
    if (result.kind !== 'answer') return result.code
    if (result.status !== 200) return `status ${result.status}`
    const verdict = parse(result.body)
    if (verdict === null) return 'unreadable answer'
    return verdict['error-codes']?.map(String).find((code) => NOT_THE_TOKEN.has(code)) ?? verdict
  }

  /** What is wrong with a token that the service has judged, or null. */
  function faultOf(verdict: Verdict, scene: string): string | null {
    const { score, 'error-codes': codes = [] } = verdict
    if (!verdict.success) return TOKEN_CODES.find((code) => codes.includes(code)) ?? 'token'
    if (hostnames?.every((name) => name !== verdict.hostname) === true) return 'hostname'
    if (options.check_action === true && verdict.action !== scene) return 'action'
    return min_score !== undefined && !(typeof score === 'number' && score >= min_score) ? 'score' : null
  }

  return {
    /**
     * Consumes a token. The mark in Redis lets a token pass once, even if the service accepts it twice.
     * `unavailable`: the service did not judge the token, so the browser can try the same token again.
     * @throws StoreError
     */
    async consume(token: string, scene: string): Promise<'passed' | 'proofGone' | 'unavailable'> {
      const verdict = await ask(token)
      if (typeof verdict === 'string') {
        log.warn({ service, why: verdict }, 'the captcha service judged no token')
        return 'unavailable'
      }
      const fault = faultOf(verdict, scene)
      if (fault !== null) {
        // The `site_key` of the policy is wrong, or the token is of another site.
        const level = fault === 'sitekey-secret-mismatch' ? 'warn' : 'info'
        log[level]({ service, fault, scene }, 'captcha token refused')
        return 'proofGone'
      }
      const key = keys.token(keyring.pseudonym(token))
      const marked = await asStoreError('token consume', redis.set(key, '1', 'EX', REMEMBER_SECONDS, 'NX'))
      return marked === 'OK' ? 'passed' : 'proofGone'
    },
  }
}
export type Siteverify = ReturnType<typeof createSiteverify>

function parse(body: string): Verdict | null {
  try {
    const verdict: unknown = JSON.parse(body)
    return Value.Check(Verdict, verdict) ? verdict : null
  } catch {
    return null
  }
}
