import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startSystem, times, type System } from './system.ts'

const secret = () => randomBytes(32).toString('base64')
const [old, fresh] = [`old:${secret()}`, `new:${secret()}`]

let system: System
beforeAll(async () => {
  const env = { CODE_KEYS: old, SIMULATOR_VENDOR_LIMITS: 'off' }
  // Messages wait while no worker is there. On a busy machine that takes long, and the API would refuse further sends.
  const policy = { overload: { queue_max_age: '0s' } }
  system = await startSystem({ apis: 2, workers: 1, env, policy })
})
afterAll(() => system.stop())

const [A, B] = [0, 1]
const urlOf = (i: number) => system.apis[i]?.url ?? ''

async function accepted(by = A) {
  const mobile = aMobile()
  let sent = await system.send(mobile, urlOf(by))
  // On a busy machine Redis may answer too late. A client then tries again with another picture.
  for (let tries = 1; sent.status === 503 && tries < 5; tries++) sent = await system.send(mobile, urlOf(by))
  expect(sent.body).toMatchObject({ code: '0' })
  return { mobile, request_id: String(sent.body['request_id']) }
}
type Accepted = Awaited<ReturnType<typeof accepted>>

async function codeOf({ mobile }: Accepted): Promise<string> {
  // Workers without the key may hand a job around for many seconds before a worker with the key gets it.
  await expect.poll(() => system.outbox(mobile), { timeout: 50_000 }).toHaveLength(1)
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

/** How often this process has lacked the key of a record. */
async function missingKeys({ opsUrl = '' }: { opsUrl?: string } = {}): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  return Number(/^sms_missing_keys_total\{.*\} (\d+)$/m.exec(text)?.[1])
}

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
    await expect.poll(() => missingKeys(system.workers[0])).toBeGreaterThan(0)
    await times(newApi ? newWorkers : oldWorkers, startWith(having))
    const more = [...(await acceptedInTurn(20, A)), ...(await acceptedInTurn(20, B))]

    const answers: string[][] = []
    for (const phone of [...backlog, ...more]) {
      const code = await codeOf(phone)
      const { request_id } = phone
      // A load balancer may pass the guess to an API that lacks the key; the caller then tries again.
      const tries = []
      for (const by of [B, A]) tries.push(await system.verify(phone.mobile, code, { request_id }, urlOf(by)))
      answers.push(tries.map(({ body }) => String(body['code'])))
    }
    expect(answers.filter((codes) => codes[0] !== '0' && codes[0] !== '5000')).toEqual([])
    expect(answers.filter((codes) => codes[0] !== '0' && codes[1] !== '0')).toEqual([])
    // A 5000 may also come from a deadline on a busy machine, so the API itself tells whether it lacked the key.
    expect((await missingKeys(system.apis[B])) > 0).toBe(newApi)
    for (const { mobile } of [...backlog, ...more]) expect(await system.outbox(mobile)).toHaveLength(1)
  })
})
