import { Type } from '@sinclair/typebox'
import { MOBILE_PATTERN } from '@sms-codes/core/mobile'

/** Parts of the HTTP contract that more than one route speaks. */
export const Envelope = Type.Object(
  {
    code: Type.String({ description: 'RETCODE; "0" is success' }),
    errmsg: Type.String({ description: 'what to show, in Chinese or, by Accept-Language, English' }),
    retry_after: Type.Optional(Type.Integer({ description: 'seconds' })),
    attempts_left: Type.Optional(
      Type.Integer({ description: 'compares this code still allows; 0: ask for a new one' }),
    ),
    challenge: Type.Optional(
      Type.Literal('proof', { description: 'ask again with a `proof`, see GET /v1/challenges' }),
    ),
  },
  { title: 'Envelope' },
)

export const Mobile = Type.String({ pattern: MOBILE_PATTERN, description: 'eleven digits, as 13800138000' })

/** @param scenes those configured; a request without one means `default` */
export const sceneOf = (scenes: readonly string[]) =>
  Type.Unsafe<string>({
    type: 'string',
    enum: scenes,
    default: 'default',
    description: 'what the code is for',
  })
