import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { anAddress, startApiWith, type Api } from '../api.ts'
import { toBytes, type Case, type Code } from './cross.ts'
import { fieldCases } from './fields.ts'
import { judge } from './judge.ts'
import { protocolCases } from './protocol.ts'
import { sendRaw } from './raw-http.ts'
import { arrange, stateCases } from './states.ts'
import { changesOf, heldIn } from './store.ts'

const cases: readonly Case[] = [...fieldCases, ...protocolCases, ...stateCases]

let api: Api
let redis: Redis
let port: number
beforeAll(async () => {
  api = await startApiWith({
    budget: { messages: ['20/1d'] },
    limits: { segment: ['20/60s'] },
    guard: { mode: 'deny' },
  })
  redis = new Redis(api.server.url)
  port = Number(new URL(await api.app.listen({ port: 0, host: '127.0.0.1' })).port)
})
afterAll(async () => {
  redis.disconnect()
  await api.stop()
})

const ACCEPTED: readonly Code[] = ['0', 'image', 'page']
/** After these answers the picture is consumed. */
const CONSUMED: readonly Code[] = ['4001', '4002', '5000']

/** Sends one case over its own socket, and describes the faults of the answer and of the changes in Redis. */
async function faultsOf({ state, request, expected, needle }: Case): Promise<string[]> {
  const holes = await arrange(api, redis, state)
  const fill = (text: string) =>
    text.replaceAll(/~(code|wrong|rid)~/g, (hole, name: string) => holes[name] ?? hole)
  const before = await heldIn(redis)
  const answer = await sendRaw(port, toBytes(request, anAddress(), fill))
  const faults = judge(answer, expected, needle)
  const [, code] = expected
  // Only a caller with a request id learns how many guesses are left.
  const hasId = String(request.body).includes('request_id')
  if (code === '4008' && answer.body.includes('attempts_left') !== hasId)
    faults.push('attempts_left is missing, or the caller has no request id')
  if (ACCEPTED.includes(code)) return faults
  return [...faults, ...changesOf(before, await heldIn(redis), CONSUMED.includes(code))]
}

it('every bad request gets its expected answer in the envelope and leaves nothing in Redis', async () => {
  const failed: string[] = []
  for (const one of cases) {
    const faults = await faultsOf(one).catch((err: unknown) => [String(err)])
    if (faults.length > 0) failed.push(`${one.endpoint} ${one.group} ${one.value}: ${faults.join('; ')}`)
  }
  expect(failed).toEqual([])
}, 120_000)

it('the corpus has at least 600 cases, and no two are alike', () => {
  const counts = new Map<string, number>()
  for (const { group } of cases) counts.set(group, (counts.get(group) ?? 0) + 1)
  console.log(`${cases.length} cases:`, [...counts].map(([group, n]) => `${group} ${n}`).join(', '))
  expect([...counts.keys()]).toEqual(Array.from({ length: 13 }, (_, i) => `B${i + 1}`))
  expect(cases.length).toBeGreaterThanOrEqual(600)
  const names = cases.map(({ endpoint, group, value, state }) => [endpoint, group, value, state].join())
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})
