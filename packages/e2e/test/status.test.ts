import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toRecord, toRecords } from './json.ts'
import { ops as opsOf } from './ops.ts'
import { aMobile, startSystem, type System } from './system.ts'

const POLL = { timeout: 60_000 }

let system: System
beforeAll(async () => {
  system = await startSystem({ receipts: true, persistent: true })
})
afterAll(() => system.stop())

const ops = (...args: string[]) => opsOf(system, ...args)
/** The page of `status`, with every fault in one line. */
async function page(): Promise<string> {
  const text = await ops('status')
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([])
  return text.replaceAll(/\n {8}(?! )/g, ' ')
}
const json = async () => toRecord(JSON.parse(await ops('status', '--json')))
async function acceptances(): Promise<number> {
  const { sends } = await json()
  return toRecords(sends).reduce((sum, { what, count }) => sum + (what === 'sent' ? Number(count) : 0), 0)
}
const faults = async () => (await page()).match(/^FAULT .*$/gm) ?? []

const [api, worker] = [() => system.apis[0], () => system.workers[0]]

it('status finds the running processes without being told, and no fault', async () => {
  await expect.poll(page, POLL).toContain('no faults found')
  const text = await page()
  expect(text).toMatch(/^\S+Z {2}build 0\.1\.0$/m)
  expect(text).toContain('history 24 h')
  expect(text).toMatch(new RegExp(`^api +\\S+ +${api()?.process.pid} +0\\.1\\.0 `, 'm'))
  expect(text).toMatch(new RegExp(`^worker +\\S+ +${worker()?.process.pid} +0\\.1\\.0 `, 'm'))
  expect(text).toMatch(/^127\.0\.0\.1:\d+ .* noeviction +on +.* ago +none$/m)
})

it('status shows the sends of the last minutes by outcome and the last answer of a gateway', async () => {
  const mobile = aMobile()
  await system.send(mobile)
  await expect.poll(() => system.outbox(mobile), POLL).toHaveLength(1)
  const [message] = await system.outbox(mobile)
  expect((await system.verify(mobile, message?.code ?? '')).status).toBe(200)
  // Each process writes its counts at its own time.
  for (const count of [
    'accepted +1 +default 1',
    'sent +1 +ccp 1',
    'delivered +1 +ccp 1',
    'verified +1 +ccp 1',
  ])
    await expect.poll(page, POLL).toMatch(new RegExp(`^${count}$`, 'm'))
  const text = await page()
  expect(text).toMatch(/^failed +0$/m)
  expect(text).toMatch(/^ccp +on +\d+ s ago +\d+ s ago +accepted +000000$/m)
  const { sends, answers, processes } = await json()
  expect(toRecords(sends)).toContainEqual({ what: 'sent', scene: 'default', by: 'ccp', count: 1 })
  expect(toRecords(answers)).toMatchObject([{ gateway: 'ccp', class: 'accepted', code: '000000' }])
  expect(toRecords(processes)).toMatchObject([{ app: 'api' }, { app: 'worker', gateways: ['ccp'] }])
})

it('status shows a pause, how long the oldest send waits for a gateway, and a gateway that is off', async () => {
  await ops('drain')
  await ops('gateway', 'off', 'ccp', '--for', '30m')
  const text = await page()
  expect(text).toMatch(/^FAULT +paused: sms, email, events\. Nothing is sent .* "resume" ends the pause$/m)
  expect(text).toMatch(/^NOTE +ccp is switched off until \S+Z: "gateway on ccp" ends this$/m)
  expect(text).toMatch(/^ccp +OFF /m)
  await ops('send-test', aMobile(), '--wait', '1s').catch(() => {})
  await expect.poll(page, POLL).toMatch(/^sms +1 +0 +0 +0 +\d+ s +[1-9]\d* s +\S+( s)? +PAUSED$/m)
  await ops('gateway', 'on', 'ccp')
  await ops('resume')
  await expect.poll(page, POLL).toContain('no faults found')
  // The waiting send is counted too, before other tests count theirs.
  await expect.poll(acceptances, POLL).toBe(2)
})

it('status names the process that has another policy or other keys', async () => {
  const keys = `${system.env['CODE_KEYS']},k2:${randomBytes(32).toString('base64')}`
  const { process: other } = await system.startApi({ CODE_KEYS: keys }, 0, { codes: { life: '4m' } })
  expect(await faults()).toEqual([
    expect.stringMatching(`api \\S+ ${other.pid} has other keys than the others \\(CODE_KEYS k2\\): restart`),
    expect.stringMatching(`api \\S+ ${other.pid} has another policy than the others \\(codes\\): restart`),
  ])
  await other.stop()
  expect(await faults()).toEqual([])
})

it('status shows at once that no worker runs, and a stopped process has written its last counts', async () => {
  const before = await acceptances()
  const mobile = aMobile()
  await system.send(mobile)
  await expect.poll(() => system.outbox(mobile), POLL).toHaveLength(1)
  await Promise.all([api()?.process.stop(), worker()?.process.stop()])
  expect(await faults()).toEqual([
    expect.stringContaining('no worker runs, so no message is sent: start a worker'),
    expect.stringContaining('no API process runs, so no request is answered: start the API'),
  ])
  expect(await acceptances()).toBe(before + 1)
})
