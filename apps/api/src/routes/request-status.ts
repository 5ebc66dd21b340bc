import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { STATES } from '@sms-codes/core/codes/record'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { nameInLog } from '../http/request-log.ts'
import { oneOf, refusals, REQUEST_ID, SUCCESS_FIELDS, time } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'codes' | 'scenes'>

const requestIdPattern = new RegExp(REQUEST_ID_PATTERN)

const TIMES = Object.fromEntries(STATES.map((state) => [state, time(`when the newest send was ${state}`)]))

export const Status = Type.Object(
  {
    ...SUCCESS_FIELDS,
    status: oneOf(
      [...STATES, 'expired'],
      'what happened to the newest send; `expired`: the life of the code is over, or the job was lost',
    ),
    channel: oneOf(['sms', 'email'], 'how the newest send travels'),
    sends: Type.Integer({ description: 'how many times the code was sent', examples: [1] }),
    counts: Type.Boolean({
      description:
        'whether the newest send counts against the limits of the phone. It is false if the send failed and its message certainly did not leave. Another message may then be requested before `resend_after` has passed',
      examples: [true],
    }),
    times: Type.Partial(Type.Object(TIMES), {
      description: 'when the newest send reached each state that it has reached',
      examples: [{ queued: '2026-11-28T12:00:00.000Z', sent: '2026-11-28T12:00:01.000Z' }],
    }),
  },
  { title: 'Status', description: 'The status of the request. It says nothing about the phone.' },
)

/** `GET /v1/sms_codes/:request_id`: answers the status of a request and nothing about its phone. */
export const requestStatusRoute: FastifyPluginAsyncTypebox<Needs> = async (app, { codes, scenes }) => {
  app.get(
    '/v1/sms_codes/:request_id',
    {
      schema: {
        operationId: 'getStatus',
        summary: 'Get the status of a request',
        description: 'The status is known until some minutes after the life of the code.',
        tags: ['browser', 'backend'],
        security: [],
        params: Type.Object({
          request_id: Type.String({ description: 'the id that the send answered', examples: [REQUEST_ID] }),
        }),
        response: { 200: Status, ...refusals(['notFound', 'storeDown']) },
      },
    },
    async (request) => {
      const id = request.params.request_id
      nameInLog(request, id)
      const found = requestIdPattern.test(id) ? await codes.find(id, scenes) : null
      if (found === null) throw new Refusal('notFound')
      const { times: entered, status, channel, sends, counts } = found
      const times = Object.fromEntries(entered.map(({ state, ms }) => [state, new Date(ms).toISOString()]))
      return { ...envelope('ok', request.headers['accept-language']), status, channel, sends, counts, times }
    },
  )
}
