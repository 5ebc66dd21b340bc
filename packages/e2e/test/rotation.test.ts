import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startSystem, times, type System } from './system.ts'

const secret = () => randomBytes(32).toString('base64')
const [old, fresh] = [`old:${secret()}`, `new:${secret()}`]

let system: System
beforeAll(async () => {
  const env = { CODE_KEYS: old, SIMULATOR_VENDOR_LIMITS: 'off' }
  system = await startSystem({ apis: 2, workers: 1, env })
})
afterAll(() => system.stop())

const [A, B] = [0, 1]
const urlOf = (i: number) => system.apis[i]?.url ?? ''

async function accepted(by = A) {
  const mobile = aMobile()
  const { body } = await system.send(mobile, urlOf(by))
  expect(body).toMatchObject({ code: '0' })
  return { mobile, request_id: String(body['request_id']) }
}
type Accepted = Awaited<ReturnType<typeof accepted>>

async function codeOf({ mobile }: Accepted): Promise<string> {
  await expect.poll(() => system.outbox(mobile), { timeout: 15_000 }).toHaveLength(1)
  return (await system.outbox(mobile))[0]?.code ?? ''
}
/** Verifies a phone's code with one of the API processes and returns the receipt. */
async function verified(phone: Accepted, by: number): Promise<string> {
  const { request_id } = phone
  const { body } = await system.verify(phone.mobile, await codeOf(phone), { request_id }, urlOf(by))
  expect(body).toMatchObject({ code: '0', request_id })
  return String(body['receipt'])
}
const redeemed = async (receipt: string, by: number) =>
  (await system.asBackend('POST', '/v1/receipts/redeem', { receipt, scene: 'default' }, urlOf(by))).status

async function replaceApi(i: number, ring: string): Promise<void> {
  await system.apis[i]?.process.stop()
  system.apis[i] = await system.startApi({ CODE_KEYS: ring }, Number(new URL(urlOf(i)).port))
}

// Each step may only write with a key that the processes of the step before can read. Otherwise half of the
// processes could not read what the other half wrote during the replacement.
describe.each([
  ['when the new key is added after the old one', `${old},${fresh}`, ['old', 'new']],
  ['when the new key is moved before the old one', `${fresh},${old}`, ['new', 'old']],
  ['when the old key is removed', fresh, ['new']],
])('%s, process by process', (_step, ring, kids) => {
  it('waiting messages, codes and receipts stay valid', async () => {
    const [live, other] = [await accepted(), await accepted()]
    const receipt = await verified(await accepted(), A)
    await codeOf(live)
    await codeOf(other)
    await system.workers[0]?.process.stop()
    const waiting = await accepted()

    await replaceApi(A, ring)
    // Half of the processes have the new keys, and each half must read what the other wrote.
    const half = { byNew: await accepted(A), byOld: await accepted(B) }
    expect(await redeemed(await verified(other, A), B)).toBe(200)
    system.workers[0] = await system.startWorker({ CODE_KEYS: ring })
    expect(await redeemed(await verified(half.byNew, B), A)).toBe(200)
    expect(await redeemed(await verified(half.byOld, A), A)).toBe(200)

    await replaceApi(B, ring)
    await verified(waiting, B)
    await verified(live, B)
    expect(await redeemed(receipt, A)).toBe(200)
    expect(await redeemed(receipt, B)).toBe(409)
    const { body } = await system.call('/.well-known/jwks.json', {}, urlOf(B))
    expect(body['keys']).toMatchObject(kids.map((kid) => ({ kid })))
  })
})

/** One after the other, because a busy test machine must cause no refusals. */
async function acceptedInTurn(count: number, by: number): Promise<Accepted[]> {
  const phones: Accepted[] = []
  while (phones.length < count) phones.push(await accepted(by))
  return phones
}

// A wrong order: some processes write with a key that others lack.
describe.each([
  ['an API writes with a new key before any worker has it', { newApi: true, oldWorkers: 2, newWorkers: 1 }],
  [
    'workers lose the old key while an API still writes with it',
    { newApi: false, oldWorkers: 1, newWorkers: 2 },
  ],
])('when %s', (_order, { newApi, oldWorkers, newWorkers }) => {
  it('no send is lost or doubled, and no right code is called wrong', async () => {
    await Promise.all(system.workers.splice(0).map((worker) => worker.process.stop()))
    await replaceApi(A, newApi ? fresh : old)
    await replaceApi(B, old)
    const startWith = (CODE_KEYS: string) => async () =>
      system.workers.push(await system.startWorker({ CODE_KEYS }))
    // The lone worker without the key begins with a backlog that only other workers can send.
    const [lacking, having] = newApi ? [old, fresh] : [fresh, old]
    const backlog = await acceptedInTurn(20, A)
    await times(newApi ? oldWorkers : newWorkers, startWith(lacking))
    const { opsUrl } = system.workers[0] ?? { opsUrl: '' }
    const missing = async () =>
      /^sms_missing_keys_total\{.*\} (\d+)$/m.exec(await (await fetch(`${opsUrl}/metrics`)).text())?.[1]
    await expect.poll(async () => Number(await missing()), { timeout: 20_000 }).toBeGreaterThan(0)
    await times(newApi ? newWorkers : oldWorkers, startWith(having))
    const more = [...(await acceptedInTurn(20, A)), ...(await acceptedInTurn(20, B))]

    const answers = await Promise.all(
      [...backlog, ...more].map(async (phone) => {
        const code = await codeOf(phone)
        const { request_id } = phone
        // A load balancer may pass the guess to an API that lacks the key; the caller then tries again.
        const tries = []
        for (const by of [B, A])
          tries.push(await system.verify(phone.mobile, code, { request_id }, urlOf(by)))
        return tries.map(({ body }) => String(body['code']))
      }),
    )
    expect(answers.filter((codes) => codes[0] !== '0' && codes[0] !== '5000')).toEqual([])
    expect(answers.filter((codes) => codes[0] !== '0' && codes[1] !== '0')).toEqual([])
    expect(answers.some(([first]) => first === '5000')).toBe(newApi)
    for (const { mobile } of [...backlog, ...more]) expect(await system.outbox(mobile)).toHaveLength(1)
  })
})
