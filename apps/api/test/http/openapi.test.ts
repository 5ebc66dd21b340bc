import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRoutes } from '../../src/http/openapi.ts'
import { startApi, type Api } from '../api.ts'
import { readDocument } from './document.ts'

let api: Api
let read: Awaited<ReturnType<typeof readDocument>>
beforeAll(async () => {
  api = await startApi()
  read = await readDocument(api)
})
afterAll(() => api.stop())

type Schema = { type?: string; description?: string; examples?: unknown[]; default?: unknown } & {
  $ref?: string
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
}

/** All fields in a schema, with their paths. */
const fieldsOf = (schema: Schema, path: string): [string, Schema][] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, field]): [string, Schema][] => [
    [`${path}.${name}`, field],
    ...fieldsOf(field.items ?? field, `${path}.${name}`),
  ])

const schemas = (): Record<string, Schema> => read.document.components.schemas
const allFields = () => Object.entries(schemas()).flatMap(([name, schema]) => fieldsOf(schema, name))

describe('the document', () => {
  it('names every operation, and says what it does and who calls it', () => {
    const ids = read.operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = read.document.tags.map(({ name }) => name)
    for (const one of read.operations) {
      expect([one.operationId, one.summary.length > 5, one.description.length > 20]).toEqual([
        one.operationId,
        true,
        true,
      ])
      expect(tags).toEqual(expect.arrayContaining(one.tags))
      expect(Array.isArray(one.security)).toBe(true)
    }
  })

  it('names its schemas, and an answer repeats none of them', () => {
    const names =
      'Challenge ContactRequest Envelope Erased Event Keys RedeemRequest Redeemed Scene SendRequest Sent'
    expect(Object.keys(schemas())).toEqual([...names.split(' '), 'Status', 'Verified', 'VerifyRequest'])
    const text = JSON.stringify([read.document.paths, read.document.webhooks])
    expect(text).not.toContain('"properties"')
  })

  it('has code and errmsg in the body of every answer, except those that its description names', () => {
    const answers = read.operations
      .filter(({ tags }) => !tags.includes('webhook'))
      .flatMap(({ operationId, responses }) =>
        Object.values(responses).flatMap(({ content = {} }) => {
          const schema = content['application/json']?.schema
          const bodies = (schema?.anyOf ?? [schema]).map((one) => one?.$ref?.split('/').at(-1) ?? '')
          return bodies.map((body) => ({ operationId, body }))
        }),
      )
    const bare = answers.filter(
      ({ body }) => !['code', 'errmsg'].every((field) => schemas()[body]?.required?.includes(field)),
    )
    const operations = bare.map(({ operationId }) => operationId)
    expect(operations).toEqual(['getImageCode', 'getChallenge', 'getKeys', 'putContact'])
    expect(read.document.info.description).toContain('Only pictures, challenges, keys, the answers to')
  })

  it('describes every field, parameter and answer, with an example', () => {
    const bare = allFields().filter(
      ([, { description = '', examples = [], type }]) =>
        description === '' || (examples.length === 0 && type !== 'object' && type !== 'array'),
    )
    expect(bare.map(([path]) => path)).toEqual([])
    for (const { operationId, parameters = [], responses } of read.operations) {
      const faults = parameters.filter((one) => one.description === undefined)
      const said = Object.values(responses).filter(({ description }) => /^$|Default/.test(description))
      expect([operationId, faults, said]).toEqual([operationId, [], []])
    }
  })

  it('has examples that its own schemas accept', () => {
    for (const [path, { examples = [] }] of allFields()) {
      const [name = '', ...rest] = path.split('.')
      const pointer = rest.map((part) => `/properties/${part}`).join('')
      if (name === 'Keys') continue
      for (const example of examples)
        expect([path, read.faultsAt(`#/components/schemas/${name}${pointer}`, example)]).toEqual([path, ''])
    }
    for (const { at, requestBody, responses } of read.operations) {
      const media = requestBody?.content['application/json']
      const bodies =
        media?.example === undefined ? Object.values(media?.examples ?? {}) : [{ value: media.example }]
      for (const { value } of bodies)
        expect([at, read.faultsAt(`${at}/requestBody/content/application~1json/schema`, value)]).toEqual([
          at,
          '',
        ])
      for (const [status, { content = {} }] of Object.entries(responses))
        for (const { value } of Object.values(content['application/json']?.examples ?? {}))
          expect([
            at,
            read.faultsAt(`${at}/responses/${status}/content/application~1json/schema`, value),
          ]).toEqual([at, ''])
    }
  })

  it('requires no field that has a default, and hides the default from generators, which would require it', () => {
    expect(schemas()['SendRequest']?.required).toEqual(['mobile'])
    expect(schemas()['VerifyRequest']?.required).toEqual(['mobile', 'sms_code'])
    expect(schemas()['VerifyRequest']?.properties?.['scene']?.description).toContain('`default`')
    expect(allFields().filter(([, field]) => 'default' in field)).toEqual([])
    const classic = read.operations.find(({ operationId }) => operationId === 'classicSendCode')
    const required = classic?.parameters?.filter((one) => one.required).map(({ name }) => name)
    expect(required).toEqual(['mobile'])
  })

  it('keeps names that are keywords elsewhere: of fields, in examples and of answers', async () => {
    const example = { title: 'Dr', default: 'yes', answers: 3 }
    const properties = { title: {}, default: {}, answers: {} }
    const schema = { type: 'object', title: 'Person', properties, examples: [example] }
    const route = { method: 'GET', url: '/people', schema: { response: { 200: schema } } }
    const document: unknown = JSON.parse((await describeRoutes([route])).toString())
    expect(document).toMatchObject({
      components: { schemas: { Person: { properties, examples: [example] } } },
      webhooks: { requestStatus: { post: { responses: { default: {} } } } },
    })
  })

  it('says what may be absent: the time to wait, the guesses left and the challenge', () => {
    expect(schemas()['Envelope']?.required).toEqual(['code', 'errmsg'])
  })
})
