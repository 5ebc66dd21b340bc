import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { STATES } from '@sms-codes/core/codes/record'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'
import { envelope, languageOf, Refusal } from '../http/answers.ts'
import type { ApiDeps } from '../server.ts'
import { nameInLog } from '../http/request-log.ts'
import { Envelope } from '../http/schemas.ts'

const STATUSES = [...STATES, 'expired'] as const

const requestId = new RegExp(REQUEST_ID_PATTERN)

/** `GET /v1/sms_codes/:request_id`: where a request stands. Says nothing about the phone. */
export const requestStatus: FastifyPluginAsyncTypebox<ApiDeps> = async (app, { codes, scenes }) => {
  app.get(
    '/v1/sms_codes/:request_id',
    {
      schema: {
        summary: 'Where a request stands',
        tags: ['browser'],
        params: Type.Object({ request_id: Type.String() }),
        response: {
          200: Type.Object({
            code: Type.Literal('0'),
            errmsg: Type.String(),
            status: Type.Unsafe<string>({ type: 'string', enum: STATUSES }),
            channel: Type.Union([Type.Literal('sms'), Type.Literal('email')]),
            sends: Type.Integer({ description: 'how often the code was asked for' }),
            times: Type.Partial(
              Type.Object(
                Object.fromEntries(STATES.map((state) => [state, Type.String({ format: 'date-time' })])),
              ),
              { description: 'when the last send came to each state that it came to' },
            ),
          }),
          404: Envelope,
          503: Envelope,
        },
      },
    },
    async (request) => {
      const id = request.params.request_id
      nameInLog(request, { rid: id })
      const found = requestId.test(id) ? await codes.find(id, scenes) : null
      if (found === null) throw new Refusal('notFound')
      const { status, channel, sends, times } = found
      const { errmsg } = envelope('ok', languageOf(request.headers['accept-language']))
      return {
        code: '0' as const,
        errmsg,
        status,
        channel,
        sends,
        times: Object.fromEntries(times.map(({ state, ms }) => [state, new Date(ms).toISOString()])),
      }
    },
  )
}
