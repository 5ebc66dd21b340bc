import type { Redis } from 'ioredis'
import {
  ANSWER,
  HOLE,
  MOBILE,
  request,
  UUID,
  type Case,
  type Endpoint,
  type Expected,
  type State,
} from './cross.ts'
import { createCounters } from '@sms-codes/core/limits/counters'
import { keys } from '@sms-codes/core/redis/keys'
import type { Api } from '../api.ts'

/** The values of a state for the placeholders of the request. */
type Holes = Record<string, string>

const OTHER = '13900139000'
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const phoneKeys = (rid: string) => rid.slice(0, rid.indexOf('.'))

/** Empties Redis and brings it into a named state. Every state but those of pictures has the right picture. */
export async function arrange(api: Api, redis: Redis, state: State): Promise<Holes> {
  let holes: Holes
  do {
    await redis.flushdb()
    holes = await (STATES[state] ?? unknownState(state))(api, redis)
    // Many cases of the corpus guess 123456, which must be wrong. A code that was replaced must differ from the new one.
  } while (holes['code'] !== undefined && ['123456', holes['newer']].includes(holes['code']))
  if (!state.startsWith('picture ')) await redis.set(`img_${UUID}`, ANSWER, 'EX', 300)
  return holes
}
const unknownState = (state: string) => (): never => {
  throw new Error(`no state ${state}`)
}

/** Sends a code as a browser does. */
async function sent(api: Api, redis: Redis, mobile = MOBILE, scene = 'default') {
  await redis.set('img_for-the-state', 'ABCD', 'EX', 300)
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/sms_codes',
    payload: { mobile, image_code: 'ABCD', uuid: 'for-the-state', scene },
  })
  const { request_id: rid } = response.json<{ request_id: string }>()
  const code = await api.codeOf(rid, scene)
  return { rid, code, wrong: wrong(code) }
}

async function tried(api: Api, sms_code: string, times = 1, more: object = {}) {
  for (let i = 0; i < times; i++) {
    const payload = { mobile: MOBILE, sms_code, ...more }
    await api.app.inject({ method: 'POST', url: '/v1/sms_codes/verify', payload })
  }
}

/** The phone was sent `times` messages, the newest of them `ago` seconds ago. */
async function sends(api: Api, redis: Redis, times: number, ago: number): Promise<Holes> {
  const { rid } = await sent(api, redis)
  const key = `sms:{${phoneKeys(rid)}}:sends`
  await redis.del(key)
  for (let i = 0; i < times; i++) await redis.zadd(key, Date.now() - (ago + i) * 1000, `earlier-${i}`)
  return {}
}

const none: Holes = {}
const record = ({ rid }: { rid: string }) => `sms:{${phoneKeys(rid)}}:code:default`

const STATES: Record<State, (api: Api, redis: Redis) => Promise<Holes>> = {
  pictured: async () => none,
  'picture expired': async () => none,
  'picture used': async (api, redis) => {
    await redis.set(`img_${UUID}`, ANSWER, 'EX', 300)
    const payload = { mobile: MOBILE, image_code: 'ZZZZ', uuid: UUID }
    await api.app.inject({ method: 'POST', url: '/v1/sms_codes', payload })
    return none
  },
  'picture of another': async (_api, redis) => {
    await redis.set('img_uuid-of-another', 'WXYZ', 'EX', 300)
    return none
  },
  sent,
  used: async (api, redis) => {
    const it = await sent(api, redis)
    await tried(api, it.code)
    return it
  },
  expired: async (api, redis) => {
    const it = await sent(api, redis)
    await redis.hset(record(it), 'expires_at', Date.now() - 1)
    return it
  },
  superseded: async (api, redis) => {
    const first = await sent(api, redis)
    // An expired code is replaced and not sent again.
    await redis.hset(record(first), 'expires_at', Date.now() - 1)
    await redis.del(`sms:{${phoneKeys(first.rid)}}:sends`)
    const { code: newer } = await sent(api, redis)
    return { ...first, newer }
  },
  locked: async (api, redis) => {
    const it = await sent(api, redis)
    await tried(api, it.wrong, 5)
    return it
  },
  'locked for those with the id': async (api, redis) => {
    const it = await sent(api, redis)
    await tried(api, it.wrong, 5, { request_id: it.rid })
    return it
  },
  'other scene': (api, redis) => sent(api, redis, MOBILE, 'login'),
  'other phone': (api, redis) => sent(api, redis, OTHER),
  'missed all day': async (api, redis) => {
    const it = await sent(api, redis)
    const key = `sms:{${phoneKeys(it.rid)}}:misses:blind`
    for (let i = 0; i < 15; i++) await redis.zadd(key, Date.now() - i * 60_000, `earlier-${i}`)
    return it
  },
  'sent a minute ago at most': (api, redis) => sends(api, redis, 1, 30),
  'sent five this hour': (api, redis) => sends(api, redis, 5, 100),
  'sent ten today': (api, redis) => sends(api, redis, 10, 4_000),
  'sent nine today': (api, redis) => sends(api, redis, 9, 4_000),
  'budget spent': async (_api, redis) => full(redis, keys.budget, 86_400),
  'segment full': async (_api, redis) => full(redis, keys.gate('segment', MOBILE.slice(0, 7)), 60),
  'segment denied by the guard': async (_api, redis) => {
    await redis.set(`sms:{gate}:guard:segment:${MOBILE.slice(0, 7)}:mark`, '1', 'PX', 60_000)
    return none
  },
  'segment on the deny list': async (_api, redis) => {
    await redis.zadd('sms:{gate}:list:deny', '+inf', MOBILE.slice(0, 7))
    await redis.set(keys.listVersion, 'some version')
    return none
  },
}

/** Fills a limit of 20 units. */
async function full(redis: Redis, key: string, seconds: number): Promise<Holes> {
  const counters = createCounters(redis)
  for (let i = 0; i < 20; i++) await counters.take([{ key, windows: [{ most: 20, seconds }] }])
  return none
}

const NO: Expected = [400, '4008']
const rows: [endpoint: Endpoint, state: State, fields: object, expected: Expected][] = [
  // Every fault of a code gets the same answer.
  ['verify', 'pictured', { sms_code: '123456' }, NO],
  ['verify', 'sent', { sms_code: HOLE.wrong }, NO],
  ['verify', 'used', {}, NO],
  ['verify', 'used', { request_id: HOLE.rid }, NO],
  ['verify', 'expired', {}, NO],
  ['verify', 'expired', { request_id: HOLE.rid }, NO],
  ['verify', 'superseded', {}, NO],
  ['verify', 'superseded', { request_id: HOLE.rid }, NO],
  ['verify', 'locked', {}, NO],
  ['verify', 'locked for those with the id', { request_id: HOLE.rid }, NO],
  ['verify', 'other scene', {}, NO],
  ['verify', 'sent', { scene: 'login' }, NO],
  ['verify', 'other phone', {}, NO],
  ['verify', 'other phone', { request_id: HOLE.rid }, NO],
  ['verify', 'missed all day', {}, [429, '4002']],
  // A stranger's guesses cannot lock the owner out, and the owner's guesses do not affect a caller without the id.
  ['verify', 'locked', { request_id: HOLE.rid }, [200, '0']],
  ['verify', 'locked for those with the id', {}, [200, '0']],
  ['verify', 'missed all day', { request_id: HOLE.rid }, [200, '0']],
  // A foreign id counts as no id.
  ['verify', 'sent', { request_id: 'of-somebody-else' }, [200, '0']],
  ['verify', 'sent', { request_id: HOLE.rid }, [200, '0']],
  ['status', 'pictured', { request_id: `${'p'.repeat(22)}.${'r'.repeat(22)}` }, [404, '5006']],
  ['status', 'superseded', {}, [404, '5006']],
  ...(
    [
      'sent',
      'sent a minute ago at most',
      'sent five this hour',
      'sent ten today',
      'segment full',
      'segment denied by the guard',
      'segment on the deny list',
    ] as const
  ).flatMap((state): typeof rows => [
    ['classic', state, {}, [200, '4002']],
    ['send', state, {}, [429, '4002']],
    // A wrong answer to a picture gets the same refusal in every state of the phone.
    ['send', state, { image_code: 'ZZZZ' }, [400, '4001']],
  ]),
  ['classic', 'sent nine today', {}, [200, '0']],
  ['send', 'sent nine today', {}, [202, '0']],
  ['classic', 'budget spent', {}, [503, '5000']],
  ['send', 'budget spent', {}, [503, '5000']],
]

export const stateCases: Case[] = rows.map(([endpoint, state, fields, expected]) => ({
  group: 'B13',
  endpoint,
  value: `${state}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`,
  state,
  request: request(endpoint, { ...fields }),
  expected,
  needle: MOBILE,
}))
