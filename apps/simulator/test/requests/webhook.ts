// A sender of Standard Webhooks for the tests. It signs on its own.
import { createHmac, randomUUID } from 'node:crypto'
import type { RawRequest } from './request.ts'

export const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export type WebhookSend = {
  id?: string
  to?: string
  params?: unknown
  locale?: string
  secrets?: string[]
  at?: number
  /** Added to the present time. */
  shiftMs?: number
  body?: string
  contentType?: string
  headers?: Record<string, string>
}

export function webhookRequest(send: WebhookSend = {}): RawRequest {
  const id = send.id ?? randomUUID().replaceAll('-', '')
  const timestamp = String(Math.floor((send.at ?? Date.now() + (send.shiftMs ?? 0)) / 1000))
  const message = {
    id,
    to: send.to ?? '+8613800138000',
    template: 'login',
    locale: send.locale,
    params: send.params ?? { code: '123456', minutes: '5' },
  }
  const body = send.body ?? JSON.stringify(message)
  const signatures = (send.secrets ?? [WEBHOOK_SECRET]).map((secret) =>
    signStandard(secret, `${id}.${timestamp}.${body}`),
  )
  return {
    path: '/webhook',
    headers: {
      'content-type': send.contentType ?? 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
      ...send.headers,
    },
    body,
  }
}

export function signStandard(secret: string, text: string): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}
