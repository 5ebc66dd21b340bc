// The list of messages, newest first, by the number they went to and the day they were sent on.
import { handsetOf } from '../mobile.ts'
import { deliveryStateOf } from '../message.ts'
import type { VendorAnswer, VendorDeps } from '../vendor.ts'
import { messageResource } from './message-resource.ts'

const STATUSES = { under_way: 'sent', delivered: 'delivered', undelivered: 'undelivered' } as const
const MAX_PAGE = 1000

export function listMessages(query: URLSearchParams, { clock, outbox }: VendorDeps): VendorAnswer {
  const now = clock.now()
  const to = query.get('To')
  const on = query.get('DateSent')
  // In `DateSent>=2026-01-01` the name of the parameter is `DateSent>`.
  const since = query.get('DateSent>')
  const messages = outbox
    .list(to === null ? undefined : handsetOf(to))
    .filter(({ gateway }) => gateway === 'twilio')
    .filter(({ at }) => on === null || dayOf(at) === on)
    .filter(({ at }) => since === null || dayOf(at) >= since)
    .toReversed()
  const size = Math.min(Number(query.get('PageSize') ?? 50) || 50, MAX_PAGE)
  return {
    status: 200,
    body: {
      messages: messages
        .slice(0, size)
        .map((message) => messageResource({ ...message, status: STATUSES[deliveryStateOf(message, now)] })),
      page: 0,
      page_size: size,
      next_page_uri: null,
    },
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
