import type { TProperties } from '@sinclair/typebox'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/queues/events'
import { EMAIL_QUEUE, SendJob, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'

/** The queues on the board, and the fields of their jobs' data that are shown. */
export const WATCHED: Record<string, { description: string; data: TProperties }> = {
  [SMS_QUEUE]: { description: 'messages to send by SMS', data: SendJob.properties },
  [EMAIL_QUEUE]: { description: 'messages to send by e-mail instead', data: SendJob.properties },
  [EVENTS_QUEUE]: { description: 'webhooks to your application', data: SendEvent.properties },
}
