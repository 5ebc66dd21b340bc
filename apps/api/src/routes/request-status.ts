import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { STATES } from '@sms-codes/core/codes/record'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { nameInLog } from '../http/request-log.ts'
import { Envelope, SUCCESS_FIELDS } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'codes' | 'scenes'>

const requestIdPattern = new RegExp(REQUEST_ID_PATTERN)

const TIMES = Object.fromEntries(STATES.map((state) => [state, Type.String({ format: 'date-time' })]))

/** `GET /v1/sms_codes/:request_id`: answers the status of a request and nothing about its phone. */
export const requestStatusRoute: FastifyPluginAsyncTypebox<Needs> = async (app, { codes, scenes }) => {
  app.get(
    '/v1/sms_codes/:request_id',
    {
      schema: {
        summary: 'Get the status of a request',
        tags: ['browser'],
        params: Type.Object({ request_id: Type.String() }),
        response: {
          200: Type.Object({
            ...SUCCESS_FIELDS,
            status: Type.Unsafe<string>({ type: 'string', enum: [...STATES, 'expired'] }),
            channel: Type.Union([Type.Literal('sms'), Type.Literal('email')]),
            sends: Type.Integer({ description: 'how many times the code was sent' }),
            times: Type.Partial(Type.Object(TIMES), {
              description: 'when the newest send reached each state that it has reached',
            }),
          }),
          404: Envelope,
          503: Envelope,
        },
      },
    },
    async (request) => {
      const id = request.params.request_id
      nameInLog(request, id)
      const found = requestIdPattern.test(id) ? await codes.find(id, scenes) : null
      if (found === null) throw new Refusal('notFound')
      const { status, channel, sends, times: entered } = found
      const times = Object.fromEntries(entered.map(({ state, ms }) => [state, new Date(ms).toISOString()]))
      return { ...envelope('ok', request.headers['accept-language']), status, channel, sends, times }
    },
  )
}
