// Renders docs/openapi.json, the document of an API with the built-in policy, and docs/api.md, which says the same for
// readers. With --write, this script writes the files. openapi.test.ts checks that they are current.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startApi } from '../apps/api/test/api.ts'
import type { Document, Schema } from '../apps/api/test/http/document.ts'

const ROOT = join(import.meta.dirname, '..')
export const DOCUMENT_FILE = join(ROOT, 'docs/openapi.json')
export const REFERENCE_FILE = join(ROOT, 'docs/api.md')

/** The document of an API with the built-in policy. */
export async function builtInDocument(): Promise<Document> {
  const api = await startApi()
  const answer = await api.app.inject({ url: '/openapi.json' })
  await api.stop()
  return answer.json<Document>()
}

export const operationsOf = ({ paths, webhooks }: Pick<Document, 'paths' | 'webhooks'>) =>
  Object.entries({ ...paths, ...webhooks }).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )

/** Statuses that the beginning of the reference explains for all operations. */
const EVERYWHERE = new Set(['413', '415', '500'])

const cell = (text = '') => text.replace(/^- /gm, '').replaceAll('|', '\\|').replaceAll('\n', '<br>')
const nameOf = ({ $ref = '' }: Schema) => $ref.split('/').at(-1) ?? ''
const link = (name: string) => `[${name}](#${name.toLowerCase()})`

function typeOf(schema: Schema): string {
  const { anyOf, items, type = 'any', format } = schema
  if (schema.$ref !== undefined) return link(nameOf(schema))
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (items !== undefined) return `array of ${typeOf(items)}`
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(' ')
  return format === undefined ? type : `${type} (${format})`
}

/** What a text must look like. A pattern that contains a backtick cannot be shown as code. */
const boundsOf = ({ pattern = '`', minLength = 0, maxLength }: Schema) => [
  ...(pattern.includes('`') ? [] : [`\`${pattern}\``]),
  ...(maxLength === undefined ? [] : [`${minLength} to ${maxLength} characters`]),
]

const row = (name: string, schema: Schema, isRequired: boolean, description = schema.description) =>
  `| \`${name}\` | ${cell([typeOf(schema), ...boundsOf(schema)].join(', '))} | ${isRequired ? 'yes' : 'no'} | ${cell(description)} |`

/** Rows of the fields of an object, and of the objects in it. */
const fields = ({ properties = {}, required = [] }: Schema, before = ''): string[] =>
  Object.entries(properties).flatMap(([name, value]) => [
    row(`${before}${name}`, value, required.includes(name)),
    ...fields(value.items ?? value, `${before}${name}.`),
  ])

const json = (value: unknown) => ['```json', JSON.stringify(value), '```']

function renderOperation(operation: ReturnType<typeof operationsOf>[number]): string[] {
  const { path, method, summary, description, parameters = [], requestBody, responses } = operation
  const body = requestBody?.content['application/json']
  const [example = body?.example] = Object.values(body?.examples ?? {}).map(({ value }) => value)
  const rows = parameters.map((one) =>
    row(one.name, one.schema, one.required === true, `${one.in}: ${one.description}`),
  )
  const security = operation.security.some((one) => 'apiKey' in one)
  const isOptional = operation.security.some((one) => Object.keys(one).length === 0)
  const key = security
    ? [`${isOptional ? 'Takes' : 'Needs'} an API key: \`Authorization: Bearer <key>\`.`, '']
    : []
  const own = Object.entries(responses).filter(([status]) => !EVERYWHERE.has(status))
  const answers = own.map(([status, { description: says, headers = {}, content = {} }]) => {
    const types = Object.entries(content).map(([type, { schema }]) =>
      type === 'application/json' ? typeOf(schema) : `\`${type}\``,
    )
    const names = Object.keys(headers).map((name) => `\`${name}\``)
    return `| ${status} | ${cell(says)} | ${cell([types.join(' or '), ...names].filter(Boolean).join('<br>'))} |`
  })
  const success = Object.values(responses)
    .flatMap(({ content = {} }) => Object.values(content))
    .find(({ examples = {} }) => 'success' in examples)
  return [
    path.startsWith('/') ? `### ${method.toUpperCase()} ${path}` : `### ${path}`,
    '',
    `**${summary}** (\`${operation.operationId}\`). ${description}`,
    '',
    ...key,
    ...(rows.length > 0
      ? ['| parameter | type | required | meaning |', '|---|---|---|---|', ...rows, '']
      : []),
    ...(body === undefined ? [] : [`Body: ${typeOf(body.schema)}, for example`, '', ...json(example), '']),
    '| status | answer | body, headers |',
    '|---|---|---|',
    ...answers,
    '',
    ...(success === undefined ? [] : [...json(success.examples?.['success']?.value), '']),
  ]
}

export function renderReference(document: Document): string {
  const { info, tags, components } = document
  const operations = operationsOf(document)
  const parts = tags.flatMap(({ name, description }) => [
    `## ${name}`,
    '',
    description,
    '',
    ...operations.filter((one) => one.tags[0] === name).flatMap(renderOperation),
  ])
  const schemas = Object.entries(components.schemas).flatMap(([name, schema]) => [
    `### ${name}`,
    '',
    ...(schema.description === undefined ? [] : [schema.description, '']),
    '| field | type | required | meaning |',
    '|---|---|---|---|',
    ...fields(schema),
    '',
  ])
  return [
    '# The HTTP API',
    '',
    '<!-- Written by npm run docs:api from docs/openapi.json. -->',
    '',
    `Version ${info.version}. ${info.description}`,
    '',
    'The running API has this document at `/openapi.json`, and as a web page at `/docs`. [openapi.json](openapi.json) is',
    'that of the built-in policy, for generators of clients. [integrate.md](integrate.md) explains what a page has to know.',
    '',
    ELEMENT,
    'Every operation answers a bug with 500 (5000 数据错误). One with a body answers 413 if the body is too long, and 415 if it is',
    'not JSON (5006 参数错误). The tables do not repeat this.',
    '',
    ...parts,
    '## Bodies',
    '',
    ...schemas,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

const ELEMENT = `The API also serves the custom element \`<sms-code>\`: \`/element.js\` is a module that imports the element from a file
whose name contains a hash of its content. Caches keep the first for five minutes and the second for a year. A page that
wants exactly one version names the second file with \`integrity\`, and changes both with every version of the API:

\`\`\`bash
curl -s http://127.0.0.1:3000/element.js # import './element.<hash>.js'
curl -s http://127.0.0.1:3000/element.<hash>.js | openssl dgst -sha384 -binary | openssl base64 -A
\`\`\`

\`\`\`html
<script type="module" crossorigin integrity="sha384-<the output>" src="http://127.0.0.1:3000/element.<hash>.js"></script>
\`\`\`
`

// The file is not served by an API, so it names the one of `npm start`.
const servers = [{ url: 'http://127.0.0.1:3000', description: 'The API of `npm start`' }]
export const renderDocument = (document: Document) => `${JSON.stringify({ ...document, servers }, null, 2)}\n`

if (process.argv.includes('--write')) {
  const document = await builtInDocument()
  writeFileSync(DOCUMENT_FILE, renderDocument(document))
  writeFileSync(REFERENCE_FILE, renderReference(document))
}
