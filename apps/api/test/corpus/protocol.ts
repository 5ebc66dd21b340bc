import {
  ACCEPTED,
  ENDPOINTS,
  goodBody,
  goodPath,
  goodQuery,
  vary,
  type Case,
  type Endpoint,
  type Expected,
  type Request,
} from './cross.ts'

/** B9 to B12: JSON, content types, methods, paths and headers. */

const WITH_BODY = ['send', 'verify'] as const
const PARAM: Expected = [400, '5006']

type Accepted = 'accepted'
const expect = (endpoint: Endpoint, expected: Expected | Accepted) =>
  expected === 'accepted' ? ACCEPTED[endpoint] : expected

type Body = (good: string) => string | Buffer
const set = (good: string, name: string, json: string) =>
  good.replace(new RegExp(`"${name}":"[^"]*"`), `"${name}":${json}`)

const bodies: [value: string, body: Body, expected: Expected | Accepted][] = [
  ['empty body', () => '', PARAM],
  ['only spaces', () => '   ', PARAM],
  ['null', () => 'null', PARAM],
  ['array', (good) => `[${good}]`, PARAM],
  ['empty array', () => '[]', PARAM],
  ['string', (good) => JSON.stringify(good), PARAM],
  ['number', () => '13800138000', PARAM],
  ['true', () => 'true', PARAM],
  ['truncated', (good) => good.slice(0, -1), PARAM],
  ['two documents', (good) => good + good, PARAM],
  ['trailing comma', (good) => good.replace('}', ',}'), PARAM],
  ['comment', (good) => `/* a */${good}`, PARAM],
  ['line comment', (good) => `${good}//`, PARAM],
  ['single quotes', (good) => good.replaceAll('"', "'"), PARAM],
  ['names without quotes', (good) => good.replace('"mobile"', 'mobile'), PARAM],
  ['NaN', (good) => set(good, 'mobile', 'NaN'), PARAM],
  ['Infinity', (good) => set(good, 'mobile', '-Infinity'), PARAM],
  ['undefined', (good) => set(good, 'mobile', 'undefined'), PARAM],
  ['a number with a leading zero', (good) => set(good, 'mobile', '013800138000'), PARAM],
  ['a line break in a string', (good) => set(good, 'mobile', '"13800138000\n"'), PARAM],
  ['a tab in a string', (good) => set(good, 'mobile', '"\t13800138000"'), PARAM],
  ['a lone surrogate', (good) => set(good, 'mobile', '"13800\\ud800"'), [400, '4007']],
  ['a bad escape', (good) => set(good, 'mobile', '"\\x31"'), PARAM],
  ['form fields', () => 'mobile=13800138000&image_code=AB3K', PARAM],
  ['depth 1000', () => '['.repeat(1_000) + ']'.repeat(1_000), PARAM],
  [
    'depth 1000 in a field',
    (good) => set(good, 'mobile', '['.repeat(1_000) + ']'.repeat(1_000)),
    [400, '4007'],
  ],
  ['depth 10000', () => '['.repeat(10_000) + ']'.repeat(10_000), [413, '5006']],
  ['one byte too many', (good) => good.padEnd(4_097), [413, '5006']],
  ['5 MB', () => Buffer.alloc(5_000_000, ' '), [413, '5006']],
  [
    'invalid UTF-8 for a name',
    (good) => Buffer.from(good.replace('mobile', 'mobil\xff'), 'latin1'),
    [400, '4003'],
  ],
  [
    'invalid UTF-8 in the mobile',
    () => Buffer.from('{"mobile":"1380013800\xff","image_code":"a","uuid":"aaaaaaaa"}', 'latin1'),
    [400, '4007'],
  ],
  ['UTF-16', (good) => Buffer.from(`\ufeff${good}`, 'utf16le'), PARAM],
  ['NUL bytes', () => Buffer.alloc(64), PARAM],
  ['gzip', () => Buffer.from('1f8b0800000000000003ab562a4a2dc82f2e4955b2520200', 'hex'), PARAM],
  ['__proto__', (good) => good.replace('{', '{"__proto__":null,'), PARAM],
  ['__proto__, escaped', (good) => good.replace('{', '{"\\u005f_proto__":{},'), PARAM],
  ['constructor.prototype', (good) => good.replace('{', '{"constructor":{"prototype":{}},'), PARAM],
  ['__proto__ in depth', (good) => set(good, 'mobile', '{"__proto__":{"toString":1}}'), PARAM],
  // Harmless, because only one parser reads it: the last value of a name counts.
  ['a name twice, the last one good', (good) => good.replace('{', '{"mobile":"x",'), 'accepted'],
  ['a name twice, the last one bad', (good) => good.replace('}', ',"mobile":"x"}'), [400, '4007']],
  ['byte order mark', (good) => `\ufeff${good}`, 'accepted'],
  ['spaces around', (good) => `\r\n\t ${good} \n`, 'accepted'],
  ['as long as may be', (good) => good.padEnd(4_000), 'accepted'],
]
const B9 = WITH_BODY.flatMap((endpoint) =>
  bodies.map(([value, body, expected]) =>
    vary('B9', endpoint, {
      value,
      change: { body: body(goodBody(endpoint)) },
      expected: expect(endpoint, expected),
    }),
  ),
)

const UNSUPPORTED: Expected = [415, '5006']
const types: [lines: string[], expected: Expected | Accepted][] = [
  [[], UNSUPPORTED],
  ...[
    '',
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/octet-stream',
    'application/json; charset=gbk',
    'application/json; charset=utf-16',
    'application/json;charset="latin1"',
    'application/vnd.api+json',
    'application/problem+json',
    'application/jsonp',
    'application/json5',
    'application/json, text/plain',
    'application',
    'json',
    '/',
    ';;;',
    'application/json/x',
    '*/*',
    'application/*',
  ].map((type): [string[], Expected] => [[`Content-Type: ${type}`], UNSUPPORTED]),
  [['Content-Type: text/plain', 'Content-Type: application/json'], UNSUPPORTED],
  ...[
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'APPLICATION/JSON',
  ].map((type): [string[], Accepted] => [[`Content-Type: ${type}`], 'accepted']),
]
const B10 = WITH_BODY.flatMap((endpoint) =>
  types.map(([lines, expected]) =>
    vary('B10', endpoint, {
      value: lines.join(' | ') || 'no Content-Type',
      change: { lines, without: ['Content-Type'] },
      expected: expect(endpoint, expected),
    }),
  ),
)

const NOWHERE: Expected = [404, '5006']
const OTHER_METHOD: Partial<Record<Endpoint, string>> = { send: 'GET', verify: 'GET' }
const methods = (endpoint: Endpoint): [method: string, expected: Expected][] => [
  ['HEAD', [404, 'empty']],
  ...['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'LINK', OTHER_METHOD[endpoint] ?? 'POST'].map(
    (method): [string, Expected] => [method, NOWHERE],
  ),
  ...['get', 'FOO', 'GET,POST', 'G\0T', 'PRI'].map((method): [string, Expected] => [method, PARAM]),
  // Node closes the connection.
  ['CONNECT', [0, 'node']],
]

const targets = (endpoint: Endpoint): [value: string, target: string, expected: Expected | Accepted][] => {
  const [path, query] = [goodPath(endpoint), goodQuery(endpoint)]
  const bare = path.replace(/\/$/, '')
  const parent = bare.slice(0, bare.lastIndexOf('/'))
  const more = query === '' ? '?' : `${query}&`
  const onBodyRoute = endpoint === 'send' || endpoint === 'verify'
  return [
    ['doubled slash', `/${path}${query}`, NOWHERE],
    ['doubled slash inside', `${parent}/${bare.slice(parent.length)}${query}`, NOWHERE],
    ['/../', `/x/..${path}${query}`, NOWHERE],
    ['/./', `/.${path}${query}`, NOWHERE],
    ['%2e%2e', `/x/%2e%2e${path}${query}`, NOWHERE],
    ['backslash', `${path.replaceAll('/', '\\')}${query}`, PARAM],
    ['encoded slash', `${parent}%2F${bare.slice(parent.length + 1)}${query}`, NOWHERE],
    ['upper case', `${parent.toUpperCase()}${bare.slice(parent.length)}${query}`, NOWHERE],
    ['two slashes at the end', `${bare}//${query}`, NOWHERE],
    ['one part more', `${bare}/more${query}`, NOWHERE],
    // Without its last part the path of verify is the path of send.
    ['one part less', `${parent}${query}`, endpoint === 'verify' ? [400, '4003'] : NOWHERE],
    ['without its slash', `${bare}${query}`, 'accepted'],
    ['with a slash', `${bare}/${query}`, 'accepted'],
    ['%zz', `${parent}/%zz${query}`, PARAM],
    ['half an escape', `${bare}%${query}`, PARAM],
    ['invalid UTF-8, encoded', `${parent}/%ff%fe${query}`, PARAM],
    ['overlong UTF-8, encoded', `${parent}/%c0%ae${query}`, PARAM],
    ['a surrogate, encoded', `${parent}/%ed%a0%80${query}`, PARAM],
    ['raw UTF-8', `${bare}\xe5\xbd\x93${query}`, PARAM],
    ['NUL', `${bare}\0${query}`, PARAM],
    ['space', `${bare} ${query} x`, PARAM],
    ['8 kB of path', `${parent}/${'a'.repeat(8_000)}${query}`, onBodyRoute ? NOWHERE : [414, '5006']],
    ['20 kB of path', `${parent}/${'a'.repeat(20_000)}${query}`, [431, '5006']],
    [
      '100 keys in the query',
      `${path}${more}${Array.from({ length: 100 }, (_, i) => `k${i}=v`).join('&')}`,
      'accepted',
    ],
    ['8 kB of query', `${path}${more}a=${'b'.repeat(8_000)}`, 'accepted'],
    ['bad escapes in the query', `${path}${more}a=%zz&%=%&&&==`, 'accepted'],
    ['brackets in the query', `${path}${more}uuid[]=x&image_code[a]=b&__proto__[a]=b`, 'accepted'],
    ['two question marks', `${path}${query}?`, endpoint === 'classic' ? [200, '4001'] : 'accepted'],
    ['fragment', `${path}${query}#x`, endpoint === 'classic' ? [200, '4001'] : 'accepted'],
    ['first letter encoded', `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}${query}`, 'accepted'],
    ['absolute form', `http://evil.example${path}${query}`, 'accepted'],
    ['absolute form without a host', `http:///${path}${query}`, PARAM],
    ['no slash', `${path.slice(1)}${query}`, PARAM],
    ['asterisk', '*', NOWHERE],
  ]
}
const B11 = [
  ...ENDPOINTS.flatMap((endpoint) => [
    ...methods(endpoint).map(([method, expected]) =>
      vary('B11', endpoint, { value: `method ${method}`, change: { method }, expected }),
    ),
    ...targets(endpoint).map(([value, target, expected]) =>
      vary('B11', endpoint, {
        value: `path: ${value}`,
        change: { target },
        expected: expect(endpoint, expected),
      }),
    ),
  ]),
  // The last value of a repeated key counts, so a value is never a list.
  ...(
    [
      ['image_code=ZZZZ&image_code=AB3K', [200, '0']],
      ['image_code=AB3K&image_code=ZZZZ', [200, '4001']],
      ['image_code=AB3K&image_code=', [200, '4003']],
    ] as const
  ).map(([codes, expected]) =>
    vary('B11', 'classic', {
      value: `query ${codes}`,
      change: { target: `${goodPath('classic')}?uuid=corpus-uuid-0001&${codes}` },
      expected,
    }),
  ),
  // The documentation answers GET only.
  ...(
    [
      ['GET', '/docs', [200, 'page']],
      ['GET', '/docs/', [200, 'page']],
      ['GET', '/openapi.json', [200, 'page']],
      ['HEAD', '/docs/', [200, 'empty']],
      ['POST', '/docs/', NOWHERE],
      ['OPTIONS', '/docs/', NOWHERE],
      ['POST', '/openapi.json', NOWHERE],
      ['GET', '/openapi', NOWHERE],
      ['GET', '/docs/nothing', NOWHERE],
      ['GET', '/docs/%zz', PARAM],
      ['GET', '/docs/static/nothing.js', NOWHERE],
      ['GET', '/docs/static/', NOWHERE],
      ['GET', '/docs/static/../../package.json', NOWHERE],
      ['GET', '/docs/static/..%2f..%2fpackage.json', NOWHERE],
      ['GET', '/docs/static/%2e%2e/%2e%2e/package.json', NOWHERE],
      ['GET', '/docs/static/..%5c..%5cpackage.json', NOWHERE],
      ['GET', '/docs/static/%00', NOWHERE],
      ['GET', '/docs/static//etc/passwd', NOWHERE],
      ['GET', '/', NOWHERE],
      ['GET', '/metrics', NOWHERE],
      ['GET', '/readyz', NOWHERE],
      ['GET', '/favicon.ico', NOWHERE],
      ['GET', '/.env', NOWHERE],
    ] as const
  ).map(([method, target, expected]): Case => ({
    ...vary('B11', 'image', { value: `${method} ${target}`, change: { method, target }, expected }),
    needle: expected[1] === 'page' ? '' : target,
  })),
]

type HeaderRow = {
  value?: string
  lines: string[]
  without?: string[]
  expected?: Expected
  but?: Partial<Record<Endpoint, Expected>>
  needle?: string
}
const forwarded = (...lists: string[]): HeaderRow[] =>
  lists.map((list) => ({ lines: [`X-Forwarded-For: ${list}`], without: ['X-Forwarded-For'] }))
const DRIVEN = { classic: PARAM }
const NO_BODY = ['Content-Type', 'Content-Length']

const headers: HeaderRow[] = [
  { value: '100 headers', lines: Array.from({ length: 100 }, (_, i) => `X-${i}: y`) },
  { value: '3000 short headers', lines: Array.from({ length: 3_000 }, () => 'a:b') },
  { value: 'a header of 16 kB', lines: [`X-Long: ${'y'.repeat(16_384)}`], expected: [431, '5006'] },
  {
    value: 'headers of 20 kB',
    lines: Array.from({ length: 200 }, (_, i) => `X-${i}: ${'y'.repeat(100)}`),
    expected: [431, '5006'],
  },
  ...['abc', '-1', '1e3', '0x10', '99999999999999999999', '', '1, 2', '+5'].map((length) => ({
    lines: [`Content-Length: ${length}`],
    without: ['Content-Length'],
    expected: PARAM,
  })),
  { lines: ['Content-Length: 1', 'Content-Length: 2'], without: ['Content-Length'], expected: PARAM },
  {
    lines: ['Content-Length: 4', 'Transfer-Encoding: chunked'],
    without: ['Content-Length'],
    expected: PARAM,
  },
  { lines: ['Transfer-Encoding: gzip'], without: NO_BODY, expected: PARAM },
  { lines: ['Transfer-Encoding: chunked, gzip'], without: NO_BODY, expected: PARAM },
  { lines: ['Transfer-Encoding: xchunked'], without: NO_BODY, expected: PARAM },
  { value: 'no Host', lines: [], without: ['Host'], expected: PARAM },
  { lines: ['Expect: 200-ok'], expected: [417, '5006'] },
  { lines: ['Expect: 100-continue'] },
  ...['Bad Name: x', ': x', 'NoColon', ' folded: x', 'X: a\0b', 'X: a\rb', 'X\xff: y', 'X : y'].map(
    (line) => ({
      lines: [line],
      expected: PARAM,
    }),
  ),
  { lines: ['X: \xff\xfe'] },
  { lines: ['Host: evil.example'], without: ['Host'] },
  { lines: ['Host: '], without: ['Host'] },
  { lines: ['Host: a b<script>'], without: ['Host'] },
  { lines: ['Host: second.example'] },
  { lines: ['Upgrade: websocket', 'Connection: upgrade'] },
  { lines: ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'] },
  {
    lines: ['X-HTTP-Method-Override: DELETE', 'X-Original-URL: /nowhere', 'X-Request-Id: ' + 'x'.repeat(300)],
  },
  {
    lines: [
      'Forwarded: for=1.2.3.4',
      'X-Real-IP: 1.2.3.4',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
    ],
  },
  { lines: ['Accept: image/png;q=0', 'Accept-Encoding: identity;q=0, br', 'Accept-Charset: gbk'] },
  { lines: ['Accept-Language: *;q=x,,,-'] },
  { lines: ['Cookie: ' + 'a=b; '.repeat(500), 'Authorization: Basic !!!'] },
  { lines: ['If-None-Match: *', 'If-Modified-Since: never', 'Range: bytes=0-1', 'If-Match: "x"'] },
  { lines: ['Accept-Version: 99', 'TE: trailers', 'Trailer: Host', 'Max-Forwards: -1', 'Via: 1.1 x'] },
  ...forwarded('', 'garbage', 'unknown', '-', ',,,', '1.2.3.4, garbage', 'garbage, 1.2.3.4', '1.2.3.4:80'),
  ...forwarded(
    '999.1.1.1',
    '1.2.3',
    '2001:db8::1',
    '[2001:db8::1]:80',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '::1%',
    '::ffff:zz',
  ),
  ...forwarded(
    '127.0.0.1',
    '127.0.0.1, 127.0.0.1',
    '1.1.1.1,'.repeat(500),
    "' OR 1=1 --",
    'sms:{x}:sends',
    '\xff\xfe',
  ),
  { lines: ['X-Forwarded-For: 5.5.5.5', 'X-Forwarded-For: 6.6.6.6'] },
  ...[
    'Sec-Purpose: prefetch',
    'Sec-Purpose: prefetch;prerender',
    'Purpose: prefetch',
    'X-Moz: prefetch',
    'Purpose: preview',
  ].map((line) => ({ lines: [line], but: DRIVEN })),
  {
    lines: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
    but: DRIVEN,
  },
  { lines: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'], but: DRIVEN },
  {
    lines: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors', 'Origin: https://evil.example'],
    but: DRIVEN,
    needle: 'evil.example',
  },
  { lines: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors', 'Origin: null'], but: DRIVEN },
  { lines: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors', 'Origin: https://shop.example'] },
  { lines: ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors'] },
  { lines: ['Origin: https://evil.example'], needle: 'evil.example' },
  { lines: ['Origin: https://shop.example.evil.example'], needle: 'evil.example' },
]

const B12 = [
  ...ENDPOINTS.flatMap((endpoint) =>
    headers.map(({ value, lines, without = [], expected, but = {}, needle = '' }) => {
      const change: Partial<Request> = { lines, without }
      // Without a length, the server would read the body as the next request.
      if (without === NO_BODY || lines.some((line) => line.startsWith('Content-Length'))) change.body = null
      return vary('B12', endpoint, {
        value: value ?? lines.join(' | '),
        change,
        expected: but[endpoint] ?? expected ?? ACCEPTED[endpoint],
        needle,
      })
    }),
  ),
  // Chunked bodies.
  ...WITH_BODY.flatMap((endpoint) => {
    const good = goodBody(endpoint)
    const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
    return (
      [
        ['chunks', `${chunk('{}')}0\r\n\r\n`, [400, '4003']],
        ['one chunk for each byte', `${chunk('{')}${chunk('}')}0\r\n\r\n`, [400, '4003']],
        ['5 MB in chunks', `${chunk(' '.repeat(4_096)).repeat(1_200)}0\r\n\r\n`, [413, '5006']],
        ['a size that is not a number', 'zz\r\n{}\r\n0\r\n\r\n', PARAM],
        ['a size too long', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n', PARAM],
        ['a negative size', '-2\r\n{}\r\n0\r\n\r\n', PARAM],
        ['a chunk longer than its size', `1\r\n${good}\r\n0\r\n\r\n`, PARAM],
        ['20 kB of chunk extension', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`, PARAM],
        ['20 kB of trailer', `2\r\n{}\r\n0\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, [431, '5006']],
      ] as const
    ).map(([value, body, expected]) =>
      vary('B12', endpoint, {
        value: `chunked: ${value}`,
        change: { body, lines: ['Transfer-Encoding: chunked'], without: ['Content-Length'] },
        expected,
      }),
    )
  }),
  // A preflight is answered for allowed origins; other origins get a 404.
  ...ENDPOINTS.flatMap((endpoint) => {
    const asks = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: x-needle']
    return (
      [
        ['https://shop.example', [204, 'empty']],
        ['https://evil.example', NOWHERE],
        ['null', NOWHERE],
      ] as const
    ).map(([origin, expected]) =>
      vary('B12', endpoint, {
        value: `preflight of ${origin}`,
        change: { method: 'OPTIONS', body: null, lines: [`Origin: ${origin}`, ...asks] },
        expected,
        needle: 'x-needle',
      }),
    )
  }),
]

export const protocolCases: Case[] = [...B9, ...B10, ...B11, ...B12]
