import { list, type Check } from '@sms-codes/core/config/load'
import {
  checkKeys,
  checkProxies,
  checkRedisUrl,
  checkUrl,
  checkWebhookSecrets,
} from '@sms-codes/core/config/checks'
import { TEST_NUMBERS_PATTERN } from '@sms-codes/core/config/shared-variables'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { parseScenes } from '@sms-codes/core/config/scenes'
import { parseWindows } from '@sms-codes/core/limits/windows'
import { parseApiKeys } from '../http/api-keys.ts'
import { parseTestNumbers } from '../test-numbers.ts'

const checkTestNumbers: Check = (env) => {
  const text = env['TEST_NUMBERS'] ?? ''
  if (text === '' || !new RegExp(TEST_NUMBERS_PATTERN).test(text)) return []
  const faults: string[] = []
  if (env['NODE_ENV'] === 'production' && env['ALLOW_TEST_NUMBERS'] !== 'true')
    faults.push('TEST_NUMBERS: has no place in production; ALLOW_TEST_NUMBERS=true makes one')
  if (parseTestNumbers(text).some(({ until }) => !(until > Date.now())))
    faults.push('TEST_NUMBERS: every number needs a last day that has not passed')
  return faults
}

const checkScenes: Check = (env) => {
  const { scenes, faults } = parseScenes(env['SCENES'] ?? '')
  const [ttl, within] = [Number(env['CODE_TTL_SECONDS']), Number(env['SEND_WITHIN_SECONDS'])]
  const late = scenes.some(
    ({ ttlSeconds = ttl, sendWithinSeconds = within }) => sendWithinSeconds > ttlSeconds - 30,
  )
  if (late)
    faults.push('SEND_WITHIN_SECONDS: must be at least 30 less than the life of a code, or codes arrive dead')
  if (scenes.some(({ ttlSeconds = 300 }) => ttlSeconds < 60 || ttlSeconds > 600))
    faults.push('SCENES: ttl must be from 60 to 600')
  if (scenes.some(({ length = 6 }) => length < 6 || length > 10))
    faults.push('SCENES: length must be from 6 to 10')
  return faults
}

const checkApiKeys: Check = (env) => {
  const entries = parseApiKeys(env['API_KEYS'] ?? '')
  const distinct = (values: string[]) => new Set(values).size === values.length
  const faults: string[] = []
  if (!distinct(entries.map(({ name }) => name))) faults.push('API_KEYS: two keys have the same name')
  if (!distinct(entries.map(({ key }) => key))) faults.push('API_KEYS: two names have the same key')
  return faults
}

export const entriesOf = (text: string) => list(text).flatMap((entry) => parseListEntry(entry) ?? [])

const checkCallbacks: Check = (env) => {
  const faults: string[] = []
  if (env['CALLBACK_TOKEN'] && env['TWILIO_AUTH_TOKEN'] && !env['PUBLIC_URL'])
    faults.push('PUBLIC_URL: is missing (Twilio signs the address that it calls)')
  if (list(env['CALLBACK_ADDRESSES'] ?? '').some((entry) => parseListEntry(entry)?.kind !== 'network'))
    faults.push('CALLBACK_ADDRESSES: must be a comma list of addresses or CIDRs')
  return faults
}

const checkLists: Check = (env) => {
  const faults = ['ALLOW_LIST', 'DENY_LIST'].flatMap((name) =>
    list(env[name] ?? '').flatMap((entry, i) =>
      parseListEntry(entry) === null
        ? [`${name}: entry ${i + 1} is no network, number segment (3 to 7 digits) or pseudonym of a phone`]
        : [],
    ),
  )
  const allowed = entriesOf(env['ALLOW_LIST'] ?? '').map(({ text }) => text)
  if (entriesOf(env['DENY_LIST'] ?? '').some(({ text }) => allowed.includes(text)))
    faults.push('DENY_LIST: has an entry that ALLOW_LIST has too')
  return faults
}

const checkBudget: Check = (env) => {
  const faults: string[] = []
  if (env['NODE_ENV'] === 'production' && !env['BUDGET_MESSAGES'] && !env['BUDGET_CENTS'])
    faults.push('BUDGET_MESSAGES: is missing, and BUDGET_CENTS too; production needs one of them')
  const cents = parseWindows(env['BUDGET_CENTS'] ?? '')
  if (cents.some(({ most }) => most < Number(env['MESSAGE_CENTS'])))
    faults.push('BUDGET_CENTS: must pay for one message at least')
  return faults
}

const checkPorts: Check = (env) =>
  env['API_PORT'] !== '0' && env['API_PORT'] === env['API_OPS_PORT']
    ? ['API_OPS_PORT: must be another port than API_PORT']
    : []

const checkStepUp: Check = (env) => {
  const faults: string[] = []
  if (Number(env['STEP_UP_HOT_PERCENT']) < Number(env['STEP_UP_WARM_PERCENT']))
    faults.push('STEP_UP_HOT_PERCENT: must not be less than STEP_UP_WARM_PERCENT')
  for (const name of ['GUARD_MODE', 'GUARD_ADDRESS_MODE'])
    if (env['STEP_UP'] === 'off' && env[name] === 'challenge')
      faults.push(`${name}: cannot challenge with STEP_UP=off`)
  return faults
}

/** Faults that one variable's schema cannot see. */
export const API_CHECKS: Check[] = [
  checkKeys,
  checkRedisUrl,
  checkUrl('EVENTS_URL'),
  checkApiKeys,
  checkProxies,
  checkCallbacks,
  checkWebhookSecrets('WEBHOOK_SECRETS'),
  checkLists,
  checkBudget,
  checkTestNumbers,
  checkScenes,
  checkStepUp,
  checkPorts,
]
