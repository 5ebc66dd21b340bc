import type { TProperties } from '@sinclair/typebox'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/queues/events'
import { EMAIL_QUEUE, SendJob, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'

/** The queues on the board, and the fields of a job of theirs that may be seen. */
export const WATCHED: Record<string, { description: string; data: TProperties }> = {
  [SMS_QUEUE]: { description: 'messages to send by SMS', data: SendJob.properties },
  [EMAIL_QUEUE]: { description: 'messages that go by e-mail instead', data: SendJob.properties },
  [EVENTS_QUEUE]: { description: 'what your application is told', data: SendEvent.properties },
}
