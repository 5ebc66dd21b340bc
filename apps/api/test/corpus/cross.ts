/**
 * The corpus is data. A case is a valid request with one fault, and the answer that it must get. `cross` makes a case
 * of each bad value for every route that has the field.
 */
export type Endpoint = 'image' | 'classic' | 'send' | 'status' | 'verify'
export const ENDPOINTS: readonly Endpoint[] = ['image', 'classic', 'send', 'status', 'verify']

/**
 * A RETCODE, or what else an answer can be: a picture, a page of the documentation, an empty body where HTTP permits
 * no other, or Node's own refusal, which has no body either.
 */
export type Code = `${number}` | 'image' | 'page' | 'empty' | 'node'
export type Expected = readonly [status: number, code: Code]

/** What Redis holds before the request; see states.ts. */
export type State = string

export type Request = {
  method: string
  target: string
  /** Header lines in addition to those of every request. */
  lines: readonly string[]
  /** Usual headers that are left out. */
  without: readonly string[]
  body: string | Buffer | null
}
export type Case = {
  group: string
  endpoint: string
  /** Describes the fault. */
  value: string
  state: State
  request: Request
  expected: Expected
  /** The answer must not contain this. */
  needle: string
}

/** Placeholders that are replaced by values of the state when the request is sent. */
export const HOLE = { code: '~code~', wrong: '~wrong~', rid: '~rid~' } as const
export const MOBILE = '13800138000'
export const UUID = 'corpus-uuid-0001'
/** With a K, because Unicode has a second one. */
export const ANSWER = 'AB3K'

/** The answers to the valid requests. */
export const ACCEPTED: Record<Endpoint, Expected> = {
  image: [200, 'image'],
  classic: [200, '0'],
  send: [202, '0'],
  status: [200, '0'],
  verify: [200, '0'],
}
/** The states in which the valid requests get these answers. */
const READY: Record<Endpoint, State> = {
  image: 'pictured',
  classic: 'pictured',
  send: 'pictured',
  status: 'sent',
  verify: 'sent',
}

type Fields = Record<string, unknown>
type Route = {
  method: string
  path: (segment: string) => string
  segment?: string
  query?: Fields
  body?: Fields
}

export const ROUTES: Record<Endpoint, Route> = {
  image: { method: 'GET', path: (uuid) => `/image_codes/${uuid}/`, segment: 'uuid' },
  classic: {
    method: 'GET',
    path: (mobile) => `/sms_codes/${mobile}/`,
    segment: 'mobile',
    query: { image_code: ANSWER, uuid: UUID },
  },
  send: {
    method: 'POST',
    path: () => '/v1/sms_codes',
    body: { mobile: MOBILE, image_code: ANSWER, uuid: UUID },
  },
  status: { method: 'GET', path: (id) => `/v1/sms_codes/${id}`, segment: 'request_id' },
  verify: {
    method: 'POST',
    path: () => '/v1/sms_codes/verify',
    body: { mobile: MOBILE, sms_code: HOLE.code },
  },
}
const SEGMENT: Record<string, string> = { uuid: UUID, mobile: MOBILE, request_id: HOLE.rid }

export const goodBody = (endpoint: Endpoint) => JSON.stringify(ROUTES[endpoint].body)
export const goodPath = (endpoint: Endpoint) => {
  const { path, segment = '' } = ROUTES[endpoint]
  return path(SEGMENT[segment] ?? '')
}
export const goodQuery = (endpoint: Endpoint) => {
  const { query } = ROUTES[endpoint]
  return query === undefined ? '' : `?${encode(query)}`
}

/** The valid request with some fields changed; `undefined` leaves a field out. */
export function request(endpoint: Endpoint, fields: Fields = {}, change: Partial<Request> = {}): Request {
  const { method, path, segment = '', query, body } = ROUTES[endpoint]
  const { [segment]: own, ...others } = fields
  const part = segment in fields ? encodeURIComponent(plain(own)) : (SEGMENT[segment] ?? '')
  const search = body === undefined ? encode({ ...query, ...others }) : ''
  return {
    method,
    target: `${path(part)}${search === '' ? '' : `?${search}`}`,
    lines: [],
    without: [],
    body: body === undefined ? null : JSON.stringify({ ...body, ...others }),
    ...change,
  }
}

const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const encode = (fields: Fields) =>
  Object.entries(fields)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(plain(value))}`],
    )
    .join('&')

export type Answers = Partial<Record<Endpoint, Expected>>
export type Row = {
  value: unknown
  /** Routes that answer this value differently. `null`: the value cannot be sent there. */
  but?: Partial<Record<Endpoint, Expected | null>>
  state?: State
}

/** Makes a case of each value for every route that has an expected answer. */
export function cross(
  group: string,
  field: string,
  answers: Answers,
  rows: readonly Row[],
  also: Fields = {},
) {
  return rows.flatMap(({ value, but = {}, state }) =>
    ENDPOINTS.flatMap((endpoint): Case[] => {
      const expected = endpoint in but ? but[endpoint] : answers[endpoint]
      if (expected === undefined || expected === null) return []
      return [
        {
          group,
          endpoint,
          value: `${field} = ${escape(value)}`,
          state: state ?? READY[endpoint],
          request: request(endpoint, { ...also, [field]: value }),
          expected,
          needle: typeof value === 'string' ? value : '',
        },
      ]
    }),
  )
}

type Change = { value: string; change: Partial<Request>; expected: Expected; needle?: string }

/** Makes a case of a request whose fault is not in a field. */
export const vary = (
  group: string,
  endpoint: Endpoint,
  { value, change, expected, needle = '' }: Change,
): Case => ({
  group,
  endpoint,
  value: escape(value).slice(1, -1),
  state: READY[endpoint],
  request: request(endpoint, {}, change),
  expected,
  needle,
})

/** Writes a value on one line, in ASCII and at a limited length. */
export function escape(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  const ascii = text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return ascii.length > 120 ? `${ascii.slice(0, 100)}… (${ascii.length})` : ascii
}

/** The bytes of a request; `fill` replaces the placeholders. */
export function toBytes(
  { method, target, lines, without, body }: Request,
  address: string,
  fill: Fill,
): Buffer {
  const payload = typeof body === 'string' ? Buffer.from(fill(body)) : body
  const all: Record<string, string> = {
    Host: 'sms.example',
    Connection: 'close',
    'X-Forwarded-For': address,
    ...(payload === null
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': String(payload.length) }),
  }
  const usual = Object.entries(all).flatMap(([name, value]) =>
    without.includes(name) ? [] : [`${name}: ${value}`],
  )
  const head = [`${method} ${fill(target)} HTTP/1.1`, ...usual, ...lines, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), payload ?? Buffer.alloc(0)])
}
export type Fill = (text: string) => string
