import { createHash } from 'node:crypto'
import type { Claim } from '@sms-codes/core/codes/claim'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { SmsMessage } from '@sms-codes/gateways/gateway'

/** Returns our id of a send's message, which is the same in all attempts. Every gateway accepts 32 hex digits. */
export const messageIdOf = ({ rid, n }: SendJob) =>
  createHash('sha256').update(`${rid}.${n}`).digest('hex').slice(0, 32)

export type MessageOf = (id: string, job: SendJob, claim: Extract<Claim, { kind: 'go' }>) => SmsMessage

/**
 * Makes the messages for the gateways.
 * @param domain if set, the last line of a text follows the WICG proposal sms-one-time-codes: a browser offers the code
 *   only on a page of this domain
 */
export function createMessages(
  { countries, texts }: Pick<Policy, 'countries' | 'texts'>,
  domain?: string,
): MessageOf {
  return (id, { scene, country = 'CN', locale: chosen }, { mobile, code, lifeMs }) => {
    // The text names the whole minutes left. Up to 10 s that the message spent in the queue do not reduce them.
    const minutes = Math.max(1, Math.floor((lifeMs + 10_000) / 60_000))
    const secondsLeft = Math.max(1, Math.floor(lifeMs / 1000))
    // The policy may have lost the locale since the request.
    const locales = [chosen, countries[country]?.locale, ...Object.keys(texts)]
    const locale = locales.find((one) => one !== undefined && Object.hasOwn(texts, one)) ?? ''
    const body = (texts[locale] ?? '').replaceAll('{code}', code).replaceAll('{minutes}', String(minutes))
    const text = domain === undefined ? body : `${body}\n\n@${domain} #${code}`
    return { id, mobile, country, locale, code, minutes, secondsLeft, scene, text }
  }
}
