import type { Failure } from '@sms-codes/core/history/failures'
import type { HistoryEvent, PastRequest } from '@sms-codes/core/history/history'
import type { LastAnswer, TrafficCount } from '@sms-codes/core/history/traffic'
import type { ProcessEntry } from '@sms-codes/core/process/heartbeat'
import { maskCode, maskText } from '../mask.ts'

// Masks every text of the history before a view gets it. The history contains no number and no code, unless a bug puts
// one there.

const maskEvent = (event: HistoryEvent): HistoryEvent =>
  event.kind === 'status'
    ? { ...event, status: maskText(event.status), code: maskCode(event.code) }
    : { ...event, gateway: maskText(event.gateway), class: maskText(event.class), code: maskCode(event.code) }

export const maskRequest = (request: PastRequest): PastRequest => ({
  ...request,
  scene: maskText(request.scene),
  events: request.events.map(maskEvent),
})

export const maskFailure = (failure: Failure): Failure => ({
  ...failure,
  scene: maskText(failure.scene),
  reason: maskText(failure.reason),
  gateway: maskText(failure.gateway),
  code: maskCode(failure.code),
})

export const maskCount = (count: TrafficCount): TrafficCount => ({
  ...count,
  scene: maskText(count.scene),
  by: maskText(count.by),
})

export const maskLastAnswer = (answer: LastAnswer): LastAnswer => ({
  ...answer,
  gateway: maskText(answer.gateway),
  class: maskText(answer.class),
  code: maskCode(answer.code),
})

export const maskProcess = (entry: ProcessEntry): ProcessEntry => ({
  ...entry,
  host: maskText(entry.host),
  version: maskText(entry.version),
  gateways: entry.gateways.map(maskText),
  policy: Object.fromEntries(Object.entries(entry.policy).map(([name, print]) => [maskText(name), print])),
  keys: Object.fromEntries(Object.entries(entry.keys).map(([name, print]) => [maskText(name), print])),
})
