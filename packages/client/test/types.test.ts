import type { Static } from '@sinclair/typebox'
import { STATES, type State } from '@sms-codes/core/codes/record'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import type { Challenge } from '../../../apps/api/src/captcha/proofs.ts'
import type { ApiDeps } from '../../../apps/api/src/compose.ts'
import { RETCODE, type RefusalDetails } from '../../../apps/api/src/http/answers.ts'
import type { Assurance } from '../../../apps/api/src/http/schemas.ts'
import type { sendSchema, Sent } from '../../../apps/api/src/routes/send-code.schema.ts'
import { REASONS } from '../src/calls.ts'
import { CHALLENGE } from '../src/proof.ts'
import type { Reason, SendState } from '../src/results.ts'
import { SCENE, type SceneAnswer } from '../src/scene.ts'
import { ENVELOPE, SENT, STATUS, VERIFIED, type Envelope } from '../src/wire.ts'
import { toRecord } from '../../e2e/test/json.ts'
import { startOnApi, type OnApi } from './on-api.ts'

// The client's types are written by hand. Here they are compared with the schemas of the API: by the compiler, where the
// API exports a type, and with the description of the running API.

describe('the types of the client', () => {
  type SceneFacts = NonNullable<ReturnType<ApiDeps['sceneFacts']['get']>>
  type SendBody = Static<ReturnType<typeof sendSchema>['body']>
  type Posted = Pick<SendBody, 'mobile' | 'scene' | 'locale' | 'image_code' | 'uuid' | 'proof'>

  it('are those of the API', () => {
    expectTypeOf(SENT).toEqualTypeOf<Omit<Sent, 'code' | 'errmsg'>>()
    expectTypeOf<SendState>().toEqualTypeOf<State>()
    expectTypeOf(STATUS.status).toEqualTypeOf<State | 'expired'>()
    expectTypeOf(VERIFIED.assurance).toEqualTypeOf<Static<typeof Assurance>>()
    expectTypeOf<Challenge>().toExtend<typeof CHALLENGE>()
    expectTypeOf<Omit<SceneFacts, 'scene'>>().toExtend<SceneAnswer>()
    expectTypeOf<Omit<Envelope, 'code' | 'errmsg'>>().toEqualTypeOf<RefusalDetails>()
    expectTypeOf<Posted>().toExtend<{ mobile: string; scene: string; locale?: string; proof?: string }>()
  })

  it('have a reason for every RETCODE that is not a success, and for no other', () => {
    type Refused = Exclude<(typeof RETCODE)[keyof typeof RETCODE], '0'>
    expectTypeOf<{ [code in `${keyof typeof REASONS}`]: Reason }>().toEqualTypeOf<{
      [code in Refused]: Reason
    }>()
    const refused = Object.values(RETCODE).filter((code) => code !== RETCODE.OK)
    expect(Object.keys(REASONS)).toEqual(refused.toSorted())
  })
})

type Schema = {
  $ref?: string
  type?: string
  enum?: string[]
  anyOf?: Schema[]
  required?: string[]
  properties?: { [name: string]: Schema }
}
type Content = { content: { [type: string]: { schema: Schema } } }
type Operation = { requestBody?: Content; responses: { [status: string]: Content } }
type Description = {
  paths: { [path: string]: { [method: string]: Operation } }
  components?: { schemas?: { [name: string]: Schema } }
}

const JSON_TYPE = 'application/json'
const kindOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value)
const kindsOf = (example: object) =>
  Object.fromEntries(Object.keys(example).map((name) => [name, kindOf(Reflect.get(example, name))]))

describe('the description of the running API', () => {
  let api: OnApi
  let description: Description
  beforeAll(async () => {
    api = await startOnApi()
    description = (await api.app.inject('/openapi.json')).json<Description>()
  })
  afterAll(() => api.stop())

  /** Follows a reference to a named schema. */
  function resolve(schema: Schema | undefined): Schema {
    const name = schema?.$ref?.split('/').at(-1)
    return name === undefined ? (schema ?? {}) : resolve(description.components?.schemas?.[name])
  }
  const answer = (method: string, path: string, status: number) =>
    resolve(description.paths[path]?.[method]?.responses[status]?.content[JSON_TYPE]?.schema)

  /** Returns the kinds of the fields that an answer always has. A text with fixed words may have no type. */
  const kindsIn = ({ required = [], properties = {} }: Schema) =>
    Object.fromEntries(
      required.map((name) => {
        const { type = 'string' } = resolve(properties[name])
        return [name, type === 'integer' ? 'number' : type]
      }),
    )

  it.each<[string, string, number, object]>([
    ['post', '/v1/sms_codes', 202, SENT],
    ['post', '/v1/sms_codes', 400, ENVELOPE],
    ['post', '/v1/sms_codes/verify', 200, VERIFIED],
    ['get', '/v1/sms_codes/{request_id}', 200, STATUS],
    ['get', '/v1/scenes/{scene}', 200, SCENE],
    ['get', '/v1/challenges', 200, CHALLENGE],
  ])('has the fields that the client reads of %s %s with %i', (method, path, status, example) => {
    expect(kindsIn(answer(method, path, status))).toMatchObject(kindsOf(example))
  })

  it('has the other words and fields of the answers', () => {
    const status = answer('get', '/v1/sms_codes/{request_id}', 200).properties
    expect(resolve(status?.['status']).enum).toEqual([...STATES, 'expired'])
    expect(Object.keys(resolve(status?.['times']).properties ?? {})).toEqual([...STATES])
    const refused = answer('post', '/v1/sms_codes', 400).properties ?? {}
    expect(Object.keys(refused)).toEqual(
      expect.arrayContaining(['retry_after', 'attempts_left', 'challenge']),
    )
    const parameters = resolve(answer('get', '/v1/challenges', 200).properties?.['parameters'])
    expect(kindsIn(parameters)).toMatchObject(kindsOf(CHALLENGE.parameters))
    const siteverify = resolve(answer('get', '/v1/scenes/{scene}', 200).properties?.['siteverify'])
    expect(kindsIn(siteverify)).toEqual({ service: 'string', site_key: 'string', script: 'string' })
  })

  it('has every field that the client posts, and the client posts every required one', async () => {
    const posted: { [path: string]: string[] } = {}
    const record: typeof fetch = async (url, init) => {
      const request = new Request(url, init)
      const body: unknown = await request.json()
      posted[new URL(request.url).pathname] = Object.keys(toRecord(body))
      return Response.json({ request_id: 'r', resend_after: 60, expires_in: 300 })
    }
    const one = api.client({ fetch: record, locale: 'en', scene: 'login' })
    await one.send({ mobile: '13800138000', imageCode: 'AB3D', proof: 'proof' })
    await one.verify({ code: '123456' })
    expect(Object.keys(posted)).toEqual(['/v1/sms_codes', '/v1/sms_codes/verify'])
    for (const [path, fields] of Object.entries(posted)) {
      const body = resolve(description.paths[path]?.['post']?.requestBody?.content[JSON_TYPE]?.schema)
      expect(Object.keys(body.properties ?? {})).toEqual(expect.arrayContaining(fields))
      expect(fields).toEqual(expect.arrayContaining(body.required ?? []))
    }
  })
})
