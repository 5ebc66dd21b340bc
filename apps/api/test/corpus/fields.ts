import {
  ACCEPTED,
  cross,
  HOLE,
  MOBILE,
  request,
  ROUTES,
  UUID,
  type Case,
  type Endpoint,
  type Row,
} from './cross.ts'

/** B1 to B8: a field that is missing or has a bad value. */

const ACCEPTED_SENDS = { classic: ACCEPTED.classic, send: ACCEPTED.send, verify: ACCEPTED.verify }

const of = (...values: unknown[]): Row[] => values.map((value) => ({ value }))

/** B1: each required field, each pair of them, and all of them are missing, empty or null. */
function missing(): Case[] {
  const required: Partial<Record<Endpoint, string[]>> = {
    classic: ['image_code', 'uuid'],
    send: ['mobile', 'image_code', 'uuid'],
    verify: ['mobile', 'sms_code'],
  }
  return (['classic', 'send', 'verify'] as const).flatMap((endpoint) => {
    const fields = required[endpoint] ?? []
    const sets = Array.from({ length: 2 ** fields.length - 1 }, (_, i) =>
      fields.filter((_field, at) => ((i + 1) >> at) & 1),
    )
    const empties = endpoint === 'classic' ? [undefined, ''] : [undefined, '', null]
    return sets.flatMap((set) =>
      empties.map((empty): Case => ({
        group: 'B1',
        endpoint,
        value: `${set.join(' and ')} = ${empty === undefined ? 'missing' : JSON.stringify(empty)}`,
        state: endpoint === 'verify' ? 'sent' : 'pictured',
        request: request(endpoint, Object.fromEntries(set.map((field) => [field, empty]))),
        expected: [endpoint === 'classic' ? 200 : 400, '4003'],
        needle: '',
      })),
    )
  })
}

const B1 = [
  ...missing(),
  // An empty part of the path.
  ...cross('B1', 'uuid', { image: [400, '4003'] }, of('')),
  ...cross('B1', 'mobile', { classic: [404, '4003'] }, of('')),
  ...cross('B1', 'request_id', { status: [404, '5006'], verify: [400, '5006'] }, of('')),
  // An empty scene means the default scene.
  ...cross('B1', 'scene', ACCEPTED_SENDS, of('')),
  ...cross('B1', 'scene', { send: ACCEPTED.send, verify: ACCEPTED.verify }, of(null)),
  ...cross('B1', 'sms_code', { verify: [400, '4003'] }, of(' ', '\u3000-')),
  ...cross('B1', 'request_id', { verify: [400, '5006'] }, of(null)),
]

const B2 = cross('B2', 'mobile', { classic: [404, '4007'], send: [400, '4007'], verify: [400, '4007'] }, [
  ...of('1', '1380013800', '138001380000', '10800138000', '11800138000', '12800138000', '23800138000'),
  ...of('03800138000', '86008613800138000', '++8613800138000', '086 13800138000'),
  // The data of a phone can be verified after its country has left the policy.
  { value: '+13800138000', but: { verify: [400, '4008'] } },
  { value: '+8503800138000', but: { verify: [400, '4008'] } },
  ...of('١٣٨٠٠١٣٨٠٠٠', '1380013800٠', '१३८००१३८०००'),
  ...of('1e10', '1.38e10', '0x336A8EB80', '13800138000.0', '13_800_138_000', '13,800,138,000'),
  ...of('13800138000\r\nX-Evil: 1', '13800138000\0', '\x0013800138000'),
  ...of(
    '1380013/8000',
    '13800138000/',
    '../13800138000',
    '13800138000?uuid=1',
    '13800138000#',
    '%31%33800138000',
  ),
  ...of('\u202e00083100831', '1380013800😀', '13800138000\u0301'),
  ...of('13800138000,13900139000', '13800138000 OR 1=1', '{13800138000}', '1380013800*', '[1-9]{11}', 'null'),
  { value: '1'.repeat(200), but: { classic: [414, '5006'] } },
  { value: '1'.repeat(10_000), but: { classic: [414, '5006'], send: [413, '5006'], verify: [413, '5006'] } },
])

/** The same number as it is typed. The classic call refuses it. */
const B2typed = cross('B2', 'mobile', { ...ACCEPTED_SENDS, classic: [404, '4007'] }, [
  ...of('138.0013.8000', '(138)00138000'),
  ...of(
    '+8613800138000',
    '008613800138000',
    '8613800138000',
    '+86 138-0013-8000',
    '＋８６１３８００１３８０００',
  ),
  ...of(' 13800138000', '13800138000 ', '138 0013 8000', '138-0013-8000', '138–0013—8000', '-13800138000'),
  ...of('\t13800138000', '13800138000\n', '\n13800138000', '13800\u00a0138000', '138\u30000013\u30008000'),
  ...of('１３８００１３８０００', '𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎', '1③800138000', '138－0013－8000', '138\u22120013\u22128000'),
  // Invisible characters that address books put around a number.
  ...of('138\u200b00138000', '\ufeff13800138000', '\u202d13800138000\u202c', '\u206813800138000\u2069'),
])

const B3 = cross(
  'B3',
  'mobile',
  { send: [400, '4007'], verify: [400, '4007'] },
  of(
    13_800_138_000,
    1.38e10 + 0.5,
    0,
    true,
    false,
    [],
    [MOBILE],
    [[MOBILE]],
    {},
    { toString: MOBILE },
    { length: 11, 0: '1' },
  ),
)

/** Ids of pictures and of requests that have a wrong format. Below are ids in the right format that do not exist. */
const ids: Row[] = [
  ...of(
    'abcdefg',
    'a'.repeat(65),
    `{${UUID}}`,
    'corpus-uuid-000*',
    'corpus-uuid-000?',
    'corpus*',
    '*'.repeat(8),
  ),
  ...of(
    'img:corpus-uuid',
    'sms:{x}:code:default',
    '{}'.repeat(4),
    '[a-z]{8}',
    'corpus-uuid-0001\r\nDEL x',
    UUID + '\n',
  ),
  ...of(
    UUID + '\0',
    '\0'.repeat(8),
    '../../etc/passwd',
    '%2e%2e%2fetc',
    '........',
    "' OR 1=1 --",
    UUID + ' ',
    ' ' + UUID,
  ),
  ...of(
    'корпус-уид-0001',
    'ｃｏｒｐｕｓｕｕｉｄ',
    '😀😀😀😀',
    '\u202ecorpusuuid',
    'corpus\\uuid',
    'http://a.example/',
    '<script>a</script>',
  ),
]
const shapes: Row[] = of(
  '__proto__',
  'constructor',
  'CORPUS-UUID-0001',
  'never-issued-1',
  'a'.repeat(64),
  '--------',
)
const IMAGE_OK = ACCEPTED.image

const B4 = [
  ...cross('B4', 'uuid', { image: [400, '5006'], classic: [200, '4001'], send: [400, '5006'] }, ids),
  ...cross('B4', 'uuid', { image: IMAGE_OK, classic: [200, '4001'], send: [400, '4001'] }, shapes),
  ...cross(
    'B4',
    'uuid',
    { image: [414, '5006'], classic: [200, '4001'], send: [413, '5006'] },
    of('a'.repeat(8_000)),
  ),
  ...cross('B4', 'uuid', { classic: [200, '4001'], send: [400, '4001'] }, [
    { value: UUID, state: 'picture expired' },
    { value: UUID, state: 'picture used' },
    { value: 'uuid-of-another', state: 'picture of another' },
  ]),
  ...cross('B4', 'uuid', { send: [400, '5006'] }, of(1, 1e21, true, [UUID], { uuid: UUID })),
  ...cross('B4', 'request_id', { status: [404, '5006'] }, [...ids, ...shapes]),
  ...cross(
    'B4',
    'request_id',
    { status: [404, '5006'] },
    of(`${'p'.repeat(22)}.${'r'.repeat(22)}`, `${HOLE.rid}x`, MOBILE),
  ),
  ...cross('B4', 'request_id', { status: [414, '5006'] }, of('a'.repeat(8_000))),
]

const B5 = [
  ...cross('B5', 'image_code', { classic: [200, '4001'], send: [400, '4001'] }, [
    ...of('ZZZZ', 'AB3', 'AB3KK', 'AB3K\0', 'АВ3К'),
    ...of(
      '😀😀😀😀',
      '*',
      '????',
      '[A-Z]*',
      "' OR '1'='1",
      'null',
      'undefined',
      '\u202eK3BA',
      'A'.repeat(17),
    ),
    ...of('A'.repeat(1_000)),
  ]),
  ...cross(
    'B5',
    'image_code',
    { send: [400, '4001'] },
    of(4, true, ['AB3K'], ['A', 'B', '3', 'K'], { text: 'AB3K' }, []),
  ),
  ...cross(
    'B5',
    'image_code',
    { classic: [200, '4001'], send: ACCEPTED.send },
    of(' AB3K', 'AB3K ', 'AB 3K', 'AB3K\n', 'AB3K\t', 'ＡＢ３Ｋ', 'ａｂ３ｋ', '𝐀𝐁𝟑𝐊', '\u3000AB3K'),
  ),
  // No picture has a dash or an invisible character, and copied text has.
  ...cross(
    'B5',
    'image_code',
    { classic: [200, '4001'], send: ACCEPTED.send },
    of('AB-3K', 'AB3K\u200b', '\ufeffAB3K'),
  ),
  ...cross('B5', 'image_code', { send: [400, '4003'] }, of(' ', '\u3000', '\u200b', '-')),
  // The comparison ignores case, and in Unicode the Kelvin sign is a K.
  ...cross('B5', 'image_code', { classic: [200, '0'], send: [202, '0'] }, of('ab3k', 'Ab3k', 'AB3\u212a')),
]

const B6 = [
  ...cross('B6', 'sms_code', { verify: [400, '4008'] }, [
    ...of(
      '12345',
      '1234567',
      '0',
      123456,
      12345,
      1e5,
      0,
      -123456,
      123456.5,
      ['123456'],
      [['123456']],
      [],
      {},
      true,
      false,
    ),
    ...of(
      { toString: '123456' },
      '123456\n',
      '\n123456',
      ' 123456',
      '123456 ',
      '123 456',
      '123456\0',
      '１２３４５６',
    ),
    ...of(
      '١٢٣٤٥٦',
      '12345６',
      '+12345',
      '-12345',
      '0x1e24',
      '1e5000',
      '12.345',
      'abcdef',
      '......',
      '\\d{6}',
      '*'.repeat(6),
    ),
    ...of('1'.repeat(1_000), 'null', '12345\u0661', '𝟏𝟐𝟑𝟒𝟓𝟔', '12345\u200b'),
  ]),
  ...cross('B6', 'sms_code', { verify: [400, '4008'] }, of(HOLE.wrong)),
  ...cross(
    'B6',
    'sms_code',
    { verify: ACCEPTED.verify },
    of(` ${HOLE.code}`, `${HOLE.code}\n`, `-${HOLE.code}`),
  ),
]

const scenes: Row[] = [
  ...of(
    'nope',
    'DEFAULT',
    'Login',
    'default ',
    ' default',
    'login\n',
    'default\0',
    'default:*',
    '{login}',
    '../login',
    '*',
  ),
  ...of(
    '__proto__',
    'constructor',
    'toString',
    'ｌｏｇｉｎ',
    'logın',
    'a'.repeat(256),
    'default,login',
    "' OR 1=1 --",
    '0',
    'null',
  ),
]
const B7 = [
  ...cross('B7', 'scene', { classic: [400, '5006'], send: [400, '5006'], verify: [400, '5006'] }, scenes),
  ...cross(
    'B7',
    'scene',
    { send: [400, '5006'], verify: [400, '5006'] },
    of(0, 1, true, ['login'], { login: 1 }, []),
  ),
  // A guess with a foreign id counts as a guess without an id; states.ts has the cases with the right code.
  ...cross('B7', 'request_id', { verify: [400, '4008'] }, [...ids.filter(fits), ...shapes], {
    sms_code: HOLE.wrong,
  }),
  ...cross(
    'B7',
    'request_id',
    { verify: [400, '5006'] },
    of('a'.repeat(65), 'a'.repeat(256), 0, true, ['a'], {}, []),
  ),
  ...cross('B7', 'request_id', { verify: [413, '5006'] }, of('a'.repeat(8_000))),
]
function fits({ value }: Row): boolean {
  return Array.from(String(value)).length <= 64
}

/** B8: unknown fields. A body with one is refused; in a query they are ignored. */
const extras = [
  'email',
  'code',
  'ip',
  'admin',
  'status',
  'to',
  'template',
  'X-Forwarded-For',
  'constructor',
  'toString',
  'mobile\n',
]
const queried: Partial<Record<Endpoint, readonly [number, '0' | 'image']>> = {
  image: [200, 'image'],
  classic: [200, '0'],
  status: [200, '0'],
}
const B8 = [
  ...extras.flatMap((name) =>
    cross('B8', name, { ...queried, send: [400, '5006'], verify: [400, '5006'] }, of('a@evil.example')),
  ),
  ...cross(
    'B8',
    'email',
    { send: [400, '5006'], verify: [400, '5006'] },
    of(null, ['a@evil.example'], {}, ''),
  ),
  // `JSON.stringify` would omit this field.
  ...(['send', 'verify'] as const).map((endpoint): Case => {
    const body = JSON.stringify(ROUTES[endpoint].body).replace(
      '{',
      '{"__proto__":{"email":"a@evil.example"},',
    )
    return {
      ...base(endpoint),
      value: '__proto__',
      request: request(endpoint, {}, { body }),
      expected: [400, '5006'],
    }
  }),
  ...(['send', 'verify'] as const).flatMap((endpoint) =>
    (
      [
        [100, [400, '5006']],
        [1_000, [413, '5006']],
      ] as const
    ).map(([n, expected]): Case => {
      const many = Object.fromEntries(Array.from({ length: n }, (_, i) => [`field_${i}`, i]))
      return { ...base(endpoint), value: `${n} fields`, request: request(endpoint, many), expected }
    }),
  ),
]
function base(endpoint: 'send' | 'verify') {
  return { group: 'B8', endpoint, state: endpoint === 'send' ? 'pictured' : 'sent', needle: 'evil.example' }
}

export const fieldCases: Case[] = [...B1, ...B2, ...B2typed, ...B3, ...B4, ...B5, ...B6, ...B7, ...B8]
