import { SendEvent } from '@sms-codes/core/queues/events'
import { Envelope, REQUEST_ID, time } from './schemas.ts'

const header = (name: string, description: string, example: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string', examples: [example] },
})

const { request_id, scene, send } = SendEvent.properties

/** What a worker posts to EVENTS_URL: a job of the events queue, its type and its time. */
const Event = {
  title: 'Event',
  description: 'A change of the status of a send. It names no phone.',
  type: 'object',
  required: ['type', 'request_id', 'scene', 'send', 'status', 'at'],
  properties: {
    type: {
      type: 'string',
      enum: ['request.status'],
      description: 'kind of the event',
      examples: ['request.status'],
    },
    request_id: {
      ...request_id,
      description: 'the id that the first caller got for this code',
      examples: [REQUEST_ID],
    },
    scene: { ...scene, description: 'purpose of the code', examples: ['login'] },
    send: { ...send, description: 'number of the send within the request, from 1', examples: [1] },
    status: {
      type: 'string',
      enum: SendEvent.properties.status.anyOf.map((one) => one.const),
      description: 'the new status',
      examples: ['delivered'],
    },
    at: time('when the status changed'),
  },
}

const example = {
  type: 'request.status',
  request_id: REQUEST_ID,
  scene: 'login',
  send: 1,
  status: 'delivered',
  at: '2026-11-28T12:00:00.000Z',
}

const refused = (description: string) => ({
  description,
  content: { 'application/json': { schema: Envelope } },
})

/** Calls that are made without a request of a client: the events of a worker, and the delivery receipts of gateways. */
export const WEBHOOKS: Readonly<Record<string, unknown>> = {
  requestStatus: {
    post: {
      operationId: 'requestStatus',
      summary: 'A worker tells your application what happened to a send',
      description:
        'Sent to `EVENTS_URL`, and signed as in Standard Webhooks with a key of `EVENTS_SECRETS`. Events may come late, twice or in another order; see docs/delivery.md.',
      tags: ['webhook'],
      security: [],
      parameters: [
        header('webhook-id', 'the same for every try of an event', 'b6d4c6f1a0e94c7f8a1d2e3f4a5b6c7d'),
        header('webhook-timestamp', 'when this try was made, in seconds since 1970', '1795867200'),
        header(
          'webhook-signature',
          'one or two signatures with a blank between them: `v1,` and the HMAC-SHA256 of id, timestamp and body in base64',
          'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
        ),
      ],
      requestBody: { required: true, content: { 'application/json': { schema: Event, example } } },
      responses: {
        '2XX': { description: 'Your application has the event.' },
        '410': { description: 'Your application does not want the event. It is not sent again.' },
        default: { description: 'The worker sends the event again, for about a quarter of an hour.' },
      },
    },
  },
  deliveryReceipt: {
    post: {
      operationId: 'deliveryReceipt',
      summary: 'A gateway reports to the API whether messages reached their phones',
      description:
        'Sent to `<PUBLIC_URL>/callbacks/<gateway>/<CALLBACK_TOKEN>`. The body and its signature are those of the vendor; see docs/gateways.md.',
      tags: ['webhook'],
      security: [],
      requestBody: {
        required: true,
        description: 'At most 262,144 bytes.',
        content: { '*/*': { schema: { description: 'as the vendor documents it' } } },
      },
      responses: {
        '200': {
          description: 'The delivery receipts are stored. The body is what the vendor expects.',
          content: { '*/*': { schema: { type: 'string' } } },
        },
        '400': refused('The body is not one of the vendor.'),
        '401': refused('The signature is wrong.'),
        '404': refused('Another token, a gateway without a secret, or an address that is not permitted.'),
        '413': refused('The body is too long.'),
        '503': refused('Redis is down. The vendor should repeat the call.'),
      },
    },
  },
}
