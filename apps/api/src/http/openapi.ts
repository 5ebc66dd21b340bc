import Fastify, { type RouteOptions } from 'fastify'
import { versionOf } from '@sms-codes/core/process/version'
import { ANSWERS, type Answer, type RefusalDetails } from './answers.ts'
import { Envelope } from './schemas.ts'
import { WEBHOOKS } from './webhooks.ts'

export type Route = Pick<RouteOptions, 'method' | 'url' | 'schema'>
type Json = Readonly<Record<string, unknown>>

const DESCRIPTION = `SMS verification codes. Every answer has \`code\`, a RETCODE that is "0" for success, and \`errmsg\`. Only pictures, challenges, keys, the answers to gateways and a 204, which has no body, have neither. An answer may get further fields, so ignore those that you do not know. The scenes of this document are those of the policy of this installation. An unreadable request is answered 400, 408, 414, 417 or 431, also where this document does not say so.`

const TAGS = [
  { name: 'browser', description: 'Calls of pages and apps. They need no API key.' },
  {
    name: 'backend',
    description:
      'Calls of your back end. Those with `apiKey` must not be made by a page, which would show the key.',
  },
  {
    name: 'webhook',
    description: 'Calls that a process of the service makes, or that a gateway makes to it.',
  },
]

const API_KEY = {
  type: 'http' as const,
  scheme: 'bearer',
  description: 'A key of `API_KEYS`. The policy says which scopes it has: `send`, `redeem`, `contacts`.',
}

const text = (description: string, example: string) => ({ type: 'string', description, examples: [example] })
const HEADERS = {
  'Retry-After': text('seconds to wait, as `retry_after` in the body, if waiting helps', '60'),
  'Idempotent-Replayed': text('`true` if this is the answer to an earlier request with the same key', 'true'),
  'WWW-Authenticate': text(
    'the kind of key that is needed, unless the key is right but not permitted here',
    'Bearer',
  ),
}

const WAITING: RefusalDetails = { retry_after: 60 }
const DETAILS: Partial<Record<Answer, RefusalDetails>> = {
  proofNeeded: { challenge: 'proof' },
  sentTooOften: WAITING,
  tooManyRequests: WAITING,
  codeWrong: { attempts_left: 4 },
  keyUnderWay: { retry_after: 1 },
  budgetSpent: WAITING,
  undeliverable: WAITING,
  busy: WAITING,
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null

const answersIn = (schema: unknown): readonly Answer[] => {
  const names = isRecord(schema) ? schema['answers'] : undefined
  return Array.isArray(names) ? names.filter((name): name is Answer => name in ANSWERS) : []
}

/** The example of a schema: its own, or that of its parts. */
export function exampleOf(schema: unknown): unknown {
  if (!isRecord(schema)) return undefined
  const { examples, properties, items, anyOf } = schema
  if (Array.isArray(examples)) return examples[0]
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0])
  if (isRecord(items)) return [exampleOf(items)]
  if (!isRecord(properties)) return undefined
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, exampleOf(value)]))
}

function headersOf(status: number, answers: readonly Answer[], isIdempotent: boolean): Json {
  const shown: Record<string, boolean> = {
    'Retry-After': answers.some((name) => DETAILS[name]?.retry_after !== undefined),
    // An answer with another status does not reach the store of first answers, or is not kept.
    'Idempotent-Replayed': isIdempotent && status <= 400,
    'WWW-Authenticate': status === 401 || status === 403,
  }
  return Object.fromEntries(Object.entries(HEADERS).filter(([name]) => shown[name]))
}

/** What the document says about one answer. The names of refusals become a list and examples. */
function responseOf(status: number, schema: unknown, isIdempotent: boolean): Json {
  const { description, type, format } = isRecord(schema) ? schema : {}
  const names = answersIn(schema)
  const lines = names.map((name) => `- ${ANSWERS[name].code} ${ANSWERS[name].zh} (${ANSWERS[name].en})`)
  const list = new Set(lines)
  const says = typeof description === 'string' ? description : 'The message is in the queue, or one of these:'
  const own = status < 300 ? [says] : []
  const headers = headersOf(status, names, isIdempotent)
  const described = {
    description: [...own, ...list].join('\n'),
    ...(Object.keys(headers).length > 0 && { headers }),
  }
  if (type === 'null') return { ...described, type }
  if (format === 'binary') return { ...described, content: { 'image/png': { schema: { type, format } } } }
  const success = status < 300 ? { success: { value: exampleOf(schema) } } : {}
  const refused = names.map((name): [string, Json] => [
    name,
    {
      summary: ANSWERS[name].en,
      value: { code: ANSWERS[name].code, errmsg: ANSWERS[name].zh, ...DETAILS[name] },
    },
  ])
  const examples = { ...success, ...Object.fromEntries(refused) }
  return { ...described, content: { 'application/json': { schema, examples } } }
}

/** The schema of a route with all of its answers. Fastify itself answers some faults of every body, and every bug. */
function documented(schema: NonNullable<Route['schema']>): NonNullable<Route['schema']> {
  const { response, body, headers } = schema
  const refused = (name: Answer) => ({ ...Envelope, answers: [name] })
  const answers = {
    ...(isRecord(response) ? response : {}),
    ...(body !== undefined && { 413: refused('param'), 415: refused('param') }),
    500: refused('bug'),
  }
  const isIdempotent = isRecord(headers)
  const described = Object.entries(answers).map(([status, one]) => [
    status,
    responseOf(Number(status), one, isIdempotent),
  ])
  return { ...schema, response: Object.fromEntries(described) }
}

const mapValues = (record: Json, change: (value: unknown, key: string) => unknown) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))

/** Objects whose keys are names of the API, and no keywords. */
const NAMES = new Set(['properties', 'responses'])

/**
 * Makes JSON in which a schema with a title is a reference. `default` and `anyOf` of a body are left out: from the
 * first, generators conclude that a field is always set; of the second they make classes without names.
 */
function createWriter() {
  const schemas = new Map<string, Json>()
  function write(value: unknown, top: unknown = null): unknown {
    if (Array.isArray(value)) return value.map((one) => write(one))
    if (!isRecord(value)) return value
    const { title, answers: _, default: _default, anyOf, ...rest } = value
    if (typeof title === 'string' && value !== top && value['type'] === 'object') {
      schemas.set(title, value)
      return { $ref: `#/components/schemas/${title}` }
    }
    const isText = Array.isArray(anyOf) && anyOf.every((one) => isRecord(one) && one['type'] === 'string')
    const hasChoice = Array.isArray(anyOf) && rest['properties'] === undefined
    const kept = isText ? { type: 'string', ...rest } : hasChoice ? { anyOf, ...rest } : rest
    return mapValues(kept, (one, key) => {
      if (key === 'example' || key === 'examples') return one
      return NAMES.has(key) && isRecord(one) ? mapValues(one, (named) => write(named)) : write(one)
    })
  }
  return {
    write,
    /** The named schemas, in which other named schemas are references too. */
    named: () =>
      Object.fromEntries(
        [...schemas]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, schema]) => [name, write(schema, schema)]),
      ),
  }
}

/**
 * Describes the routes in the format of OpenAPI. The plugin describes the routes of its own application, so the routes
 * are registered once more, in an application that never handles a request and compiles no schema.
 */
export async function describeRoutes(routes: readonly Route[]): Promise<Buffer> {
  const { default: swagger } = await import('@fastify/swagger')
  const app = Fastify({ exposeHeadRoutes: false })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => () => '')
  const securitySchemes = { apiKey: API_KEY }
  await app.register(swagger, { openapi: { openapi: '3.1.0', components: { securitySchemes } } })
  for (const { schema = {}, ...route } of routes)
    app.route({ ...route, schema: documented(schema), handler: () => {} })
  await app.ready()
  const { write, named } = createWriter()
  const [paths, webhooks] = [write(app.swagger().paths), write(WEBHOOKS)]
  return Buffer.from(
    JSON.stringify({
      openapi: '3.1.0',
      info: {
        title: 'sms-codes',
        version: versionOf({}),
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      // The API does not know the path below which a proxy serves it.
      servers: [{ url: '.', description: 'The folder of this document' }],
      tags: TAGS,
      paths,
      webhooks,
      components: { schemas: named(), securitySchemes },
    }),
  )
}
