import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { anAddress, type Api } from '../api.ts'

export type Schema = {
  $ref?: string
  type?: string
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  enum?: string[]
  description?: string
  examples?: unknown[]
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}
type Content = Record<
  string,
  {
    schema: Schema
    example?: unknown
    examples?: Record<string, { value: { code?: string; errmsg?: string } }>
  }
>
type Parameter = {
  name: string
  in: string
  required?: boolean
  description?: string
  schema: Schema
  example?: unknown
}
type Answer = { description: string; headers?: Record<string, Schema>; content?: Content }
type Operation = {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { description?: string; content: Content }
  responses: Record<string, Answer>
}
export type Document = {
  info: { version: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}
export type Real = { status: number; headers: Record<string, unknown>; body: Buffer }

export type Call = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
}
/** Calls an API from an address that has made no calls. */
export async function answerOf(
  api: Api,
  url: string,
  { method = 'GET', headers = {}, body }: Call,
): Promise<Real> {
  const answer = await api.app.inject({
    url,
    method,
    headers: {
      'x-forwarded-for': anAddress(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: answer.statusCode, headers: answer.headers, body: answer.rawPayload }
}

const toRecord = (value: unknown): object => (typeof value === 'object' ? { ...value } : {})

/** Reads the document of an API, and returns what compares real answers with it. */
export async function readDocument(api: Api) {
  const document = (await api.app.inject({ url: '/openapi.json' })).json<Document>()
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ ...document, $id: 'openapi' })
  const validators = new Map<string, ValidateFunction>()

  /** What is wrong with a value by the schema at a path of the document, such as `#/components/schemas/Sent`. */
  function faultsAt(pointer: string, value: unknown): string {
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi${pointer}` })
    validators.set(pointer, validate)
    return validate(value) ? '' : ajv.errorsText(validate.errors)
  }

  const operations = Object.entries({ ...document.paths, ...document.webhooks }).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method,
      at: `#/${path in document.paths ? 'paths' : 'webhooks'}/${path.replaceAll('/', '~1')}/${method}`,
    })),
  )

  /** The names of the answers of an operation, without that to a bug. */
  function answersOf(operationId: string): string[] {
    const operation = operations.find((one) => one.operationId === operationId)
    const contents = Object.values(operation?.responses ?? {}).map(({ content = {} }) => content)
    const names = contents.flatMap((content) => Object.keys(content['application/json']?.examples ?? {}))
    return [...new Set(names)].filter((name) => name !== 'bug')
  }

  /** Returns the name of a real answer in the document. @throws Error if the document has no such answer */
  function nameOf(operationId: string, { status, headers, body }: Real): string {
    const operation = operations.find((one) => one.operationId === operationId)
    const response = operation?.responses[status]
    const fail = (what: string): never => {
      throw new Error(`${operationId} ${status}: ${what}: ${body.toString().slice(0, 200)}`)
    }
    if (operation === undefined || response === undefined) return fail('is not in the document')
    const undocumented = ['retry-after', 'idempotent-replayed', 'www-authenticate'].filter(
      (name) =>
        headers[name] !== undefined &&
        !Object.keys(response.headers ?? {}).some((known) => known.toLowerCase() === name),
    )
    if (undocumented.length > 0) return fail(`has the headers ${undocumented.join()}`)
    if (response.content === undefined) return body.length === 0 ? 'success' : fail('has a body')
    const [type = ''] = String(headers['content-type']).split(';')
    const media = response.content[type]
    if (media === undefined) return fail(`has the type ${type}`)
    if (type !== 'application/json') return 'success'
    const value: unknown = JSON.parse(body.toString())
    const pointer = `${operation.at}/responses/${status}/content/application~1json/schema`
    const faults = faultsAt(pointer, value)
    if (faults !== '') return fail(faults)
    const { code, errmsg } = { code: '0', errmsg: '', ...toRecord(value) }
    if (code === '0') return 'success'
    const found = Object.entries(media.examples ?? {}).find(
      ([, example]) => example.value.code === code && example.value.errmsg === errmsg,
    )
    return found?.[0] ?? fail('has no such answer')
  }

  return { document, operations, answersOf, faultsAt, nameOf }
}
