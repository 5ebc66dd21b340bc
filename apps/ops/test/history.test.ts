import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, expectFailure, runOps } from './ops.ts'
import { startTraffic, type Traffic } from './traffic.ts'

let traffic: Traffic
beforeAll(async () => {
  traffic = await startTraffic()
})
afterEach(() => traffic.sender.answerWith(200))
afterAll(() => traffic.stop())

const run = (...args: string[]) => traffic.ops.run(args)
const refuseNumber = () => traffic.sender.answerWith(422, { class: 'number' })

/** What a command about the whole service gets: no key. */
const runWithoutKeys = (...args: string[]) => {
  const { REDIS_URL = '', POLICY_FILE = '' } = traffic.ops.env
  return runOps({ REDIS_URL, POLICY_FILE }, args)
}

/** Waits until the way of a request has what is expected. */
async function shows(id: string, expected: RegExp): Promise<void> {
  await expect.poll(async () => (await run('request', id)).stdout).toMatch(expected)
}

async function aFailedSend(scene = 'default') {
  const mobile = aMobile()
  refuseNumber()
  const id = await traffic.send(mobile, scene)
  await expect.poll(async () => (await run('failures')).stdout).toContain(id)
  return { mobile, id }
}

async function aVerifiedCode() {
  const mobile = aMobile()
  const id = await traffic.send(mobile)
  const message = await traffic.messageTo(mobile)
  // A delivery receipt that comes before the worker has recorded the answer is kept without its code.
  await shows(id, / sent$/m)
  await traffic.report(message.id, 'delivered', 'DELIVRD')
  await shows(id, / delivered +DELIVRD$/m)
  expect(await traffic.verify(mobile, message.code, id)).toMatchObject({ code: '0' })
  return { mobile, id }
}

const ACCEPTED = /\+\d+ ms {2}accepted +sms +webhook +HTTP_200 +\d+ ms +1$/m

test('phone shows each attempt of the last requests, the delivery receipt and the use of the code', async () => {
  const { mobile, id } = await aVerifiedCode()
  const shown = await run('phone', mobile)
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(new RegExp(`^20\\S+Z {2}default {2}used {2}${id}$`, 'm'))
  expect(shown.stdout).toMatch(ACCEPTED)
  expect(shown.stdout).toMatch(/^ +\+\d+ ms {2}delivered +DELIVRD$/m)
  expect(shown.stdout).toMatch(/^ +\+\d+ ms {2}used$/m)
})

test('phone shows the newest requests first, and as many as asked', async () => {
  const { mobile, id } = await aFailedSend('login')
  traffic.sender.answerWith(200)
  const second = await traffic.send(mobile, 'register')
  await traffic.messageTo(mobile)
  const heads = async (...more: string[]) =>
    [
      ...(await run('phone', mobile, ...more)).stdout.matchAll(/^20\S+Z {2}(\w+) {2}not used {2}(\S+)$/gm),
    ].map((found) => found.slice(1))
  expect(await heads()).toEqual([
    ['register', second],
    ['login', id],
  ])
  expect(await heads('--most', '1')).toEqual([['register', second]])
})

test('phone shows equal refusals as one request without an id, with the reason and a count', async () => {
  const mobile = aMobile()
  await traffic.send(mobile)
  for (let i = 0; i < 2; i += 1) expect((await traffic.ask(mobile)).code).toBe('4002')
  const refused = /^20\S+Z {2}default\n +\+\d+ ms {2}refused +\w+ +2$/m
  await expect.poll(async () => (await run('phone', mobile)).stdout).toMatch(refused)
})

test('phone --json has the state and the requests, for programs', async () => {
  const { mobile, id } = await aVerifiedCode()
  const { stdout } = await run('phone', mobile, '--json')
  expect(stdout).toMatch(/"at":"20[^"]+Z"/)
  const data: unknown = JSON.parse(stdout)
  expect(data).toMatchObject({
    pseudonym: traffic.ops.keyring.pseudonym(mobile),
    scenes: [{ scene: 'default', status: 'delivered', sends: 1, isUsed: true }, {}, {}, {}],
    lists: { deny: null, allow: null },
    contact: false,
    requests: [
      { requestId: id, scene: 'default', events: [{ kind: 'call', gateway: 'webhook' }, {}, {}, {}] },
    ],
  })
})

test('request shows the way of one request with times and explains it, without a key', async () => {
  const { id } = await aVerifiedCode()
  const shown = await runWithoutKeys('request', id)
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/^scene default, send 1, code used$/m)
  expect(shown.stdout).toMatch(/^20\S+Z +\+\d+ ms {2}accepted +sms +webhook +HTTP_200 +\d+ ms +1$/m)
  expect(shown.stdout).toMatch(/\n\nThe code arrived and was verified\.\nNothing to do\.\n$/)
})

test('request explains a refused number', async () => {
  const { id } = await aFailedSend()
  expect((await run('request', id)).stdout).toMatch(
    /\n\nwebhook \(HTTP_422\) refuses this number\.\nThe cause is the user's number\. [A-Z].*\n$/,
  )
})

test('the id in the logs shows each send of a code, and a later request id shows its own', async () => {
  const mobile = aMobile()
  const id = await traffic.send(mobile)
  await traffic.messageTo(mobile)
  await traffic.ops.redis.del(keys.sends(traffic.ops.keyring.pseudonym(mobile)))
  const second = await traffic.send(mobile)
  const both = await run('request', id)
  expect(both.stdout).toContain(`request ${id}\nscene default, send 1, code not used\n`)
  expect(both.stdout).toContain(
    `request ${second}\nscene default, send 2, code not used, in the logs ${id}\n`,
  )
  expect((await run('request', second)).stdout).not.toContain('send 1')
})

test('the id of a job shows the send with its number and no other', async () => {
  const mobile = aMobile()
  const id = await traffic.send(mobile)
  await traffic.messageTo(mobile)
  await traffic.ops.redis.del(keys.sends(traffic.ops.keyring.pseudonym(mobile)))
  await traffic.send(mobile)
  for (const end of ['.2', '.2.m1']) {
    const { code, stdout } = await run('request', `${id}${end}`)
    expect(code).toBe(0)
    expect(stdout.match(/send \d/g)).toEqual(['send 2'])
  }
  expectFailure(await run('request', `${id}.3`), /no history of this request/)
})

test('a request without a history has possible reasons, and the status of its code record', async () => {
  const { mobile, id } = await aFailedSend()
  await traffic.ops.redis.del(keys.history(traffic.ops.keyring.pseudonym(mobile)))
  const lost = await runWithoutKeys('request', id)
  expectFailure(lost, /no history of this request.*\n.*older than 24 h \(history_hours\)/)
  expect(lost.stderr).toContain(
    'code record still exists: scene default, status failed, channel sms, reason number',
  )
  const unknown = await run('request', `-${id.slice(1, -1)}x`)
  expectFailure(unknown, /REDIS_URL is not the Redis of the API/)
  expect(unknown.stderr).not.toContain('code record')
})

test('failures shows the newest first, by reason and gateway, and counts them, without a key', async () => {
  const [first, second] = [await aFailedSend('login'), await aFailedSend('register')]
  const { code, stdout } = await runWithoutKeys('failures', '--since', '1d')
  expect(code).toBe(0)
  const rows = stdout.split('\n')
  expect(rows[1]).toMatch(new RegExp(`^20\\S+Z  register +sms +number +webhook +HTTP_422 +${second.id}$`))
  expect(rows[2]).toMatch(new RegExp(`^20\\S+Z  login +sms +number +webhook +HTTP_422 +${first.id}$`))
  expect(stdout).toMatch(/^\d+ in the last 1d, \d+ shown\nreason +gateway +count\nnumber +webhook +\d+$/m)
  const few = await run('failures', '--reason', 'number', '--gateway', 'webhook', '--most', '1')
  expect(few.stdout).toContain(second.id)
  expect(few.stdout).not.toContain(first.id)
  expect(few.stdout).toMatch(/^([2-9]|\d\d) in the last 1h, 1 shown$/m)
  expect(few.stdout).toMatch(/^number +webhook +([2-9]|\d\d)$/m)
  expect((await run('failures', '--reason', 'late')).stdout).toBe('no failures in the last 1h\n')
  expect((await run('failures', '--gateway', 'email')).stdout).toBe('no failures in the last 1h\n')
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  expect((await run('failures', '--since', '1s')).stdout).toBe('no failures in the last 1s\n')
})

test('failures --json has the failures and the counts, for programs', async () => {
  const { id } = await aFailedSend()
  const data: unknown = JSON.parse((await run('failures', '--most', '1', '--json')).stdout)
  expect(data).toMatchObject({
    counts: [{ reason: 'number', gateway: 'webhook' }],
    failures: [{ rid: id, n: 1, scene: 'default', channel: 'sms', reason: 'number', gateway: 'webhook' }],
  })
})

test('no output about requests contains a code or a number, however the gateway writes it', async () => {
  const [sent, failed] = [await aVerifiedCode(), await aFailedSend()]
  traffic.sender.answerWith(200)
  const waiting = aMobile()
  const id = await traffic.send(waiting)
  const message = await traffic.messageTo(waiting)
  await shows(id, / sent$/m)
  await traffic.report(message.id, 'undelivered', `${waiting}\u001B[2J`)
  await shows(id, / undelivered /)
  const outputs = await Promise.all([
    ...[sent.mobile, failed.mobile, waiting].flatMap((mobile) => [
      run('phone', mobile),
      run('phone', mobile, '--json'),
    ]),
    ...[sent.id, failed.id, id, `${id.slice(0, -1)}!`].map((one) => run('request', one)),
    run('failures'),
    run('failures', '--json', '--most', '1000'),
  ])
  const all = outputs.map((output) => output.all).join('\n')
  expect(all).toContain(`137****${waiting.slice(-4)}`)
  const words = new Set(all.split(/[^0-9A-Za-z]+/))
  const { messages } = traffic.sender
  expect(messages.length).toBeGreaterThan(3)
  expect(messages.filter(({ code, to }) => words.has(code) || all.includes(to.slice(3)))).toEqual([])
  expect(all).not.toMatch(/(?!\n)\p{Cc}/u)
})
