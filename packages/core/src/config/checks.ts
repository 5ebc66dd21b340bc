import { isIP } from 'node:net'
import { list, type Check } from './load.ts'
import { CODE_KEYS_PATTERN, shared, WHSEC } from './shared-variables.ts'
import { parseRedisUrl, REDIS_URL_PATTERN } from '../redis/url.ts'
import { parseSecret } from '../webhook-signature.ts'

/** Secrets of Standard Webhooks have 24 to 64 bytes, which a pattern cannot count. */
export const checkWebhookSecrets =
  (name: string): Check =>
  (env) => {
    const text = env[name] ?? ''
    if (!new RegExp(WHSEC).test(text)) return []
    const isNone = text.split(',').some((secret) => parseSecret(secret) === null)
    return isNone ? [`${name}: a secret must have 24 to 64 bytes`] : []
  }

/** An address that only looks like one would end up in an error message, password and all. */
export const checkUrl =
  (name: string): Check =>
  (env) =>
    env[name] && !URL.canParse(env[name]) ? [`${name}: is no address (scheme://host:port)`] : []

/** Every fault of `REDIS_URL` that its pattern cannot see. */
export const checkRedisUrl: Check = (env) => {
  const text = env['REDIS_URL'] ?? ''
  if (!new RegExp(REDIS_URL_PATTERN).test(text)) return []
  return parseRedisUrl(text).faults.map((fault) => `REDIS_URL: ${fault}`)
}

export const checkProxies: Check = (env) => {
  const faulty = list(env['TRUST_PROXY'] ?? '').some((entry) => {
    const [address = '', prefix = '32', ...more] = entry.split('/')
    const most = isIP(address) === 4 ? 32 : 128
    const inRange = /^[0-9]{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= most
    return isIP(address) === 0 || more.length > 0 || !inRange
  })
  return faulty ? ['TRUST_PROXY: must be a comma list of addresses or CIDRs; "everybody" is none'] : []
}

const PHONE_KEY = new RegExp(shared.PHONE_KEY.pattern ?? '')

/** Faults of the two key variables that a pattern cannot see. */
export const checkKeys: Check = (env) => {
  const { PHONE_KEY: phoneKey = '', CODE_KEYS: text = '' } = env
  const faults: string[] = []
  if (PHONE_KEY.test(phoneKey) && isPoor(phoneKey)) faults.push('PHONE_KEY: is not random')
  if (!new RegExp(CODE_KEYS_PATTERN).test(text)) return faults
  const ring = text.split(',').map((entry) => entry.split(':'))
  const ids = ring.map(([kid]) => kid)
  const codeKeys = ring.map(([, key = '']) => key)
  const secrets = [...codeKeys, phoneKey]
  if (codeKeys.some(isPoor)) faults.push('CODE_KEYS: a key is not random')
  if (new Set(ids).size < ids.length) faults.push('CODE_KEYS: two keys have the same id')
  if (new Set(secrets).size < secrets.length)
    faults.push('CODE_KEYS: a key stands twice, or is PHONE_KEY again')
  return faults
}

/** 32 random bytes have some 30 different values among them; somebody's zeros or words have few. */
const isPoor = (key: string) => new Set(Buffer.from(key, 'base64')).size < 8
