import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openBrowser } from './browser.ts'
import { shoot } from './element-page.ts'
import { toRecord } from './json.ts'
import { aMobile, startSystem, type System } from './system.ts'

let system: System
let browser: BrowserContext
beforeAll(async () => {
  system = await startSystem({ board: true, env: { BOARD_BASE_PATH: '/ops/board' } })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await system.stop()
})

const login = (user: 'operator' | 'writer') => {
  const password = system.env[user === 'writer' ? 'BOARD_WRITER_PASSWORD' : 'BOARD_PASSWORD']
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
const put = async (user: 'operator' | 'writer', path: string) =>
  (await fetch(`${system.boardUrl}/api/queues${path}`, { method: 'PUT', headers: login(user) })).status

const writes = () =>
  system.logs
    .filter(({ app, line }) => app === 'board' && line.includes('"board write"'))
    .map(({ line }) => toRecord(JSON.parse(line)))

/** Sends one code and waits until its job is done. */
async function sendOne() {
  const mobile = aMobile()
  const { body } = await system.send(mobile)
  const rid = String(body['request_id'])
  const status = async () => String((await system.call(`/v1/sms_codes/${rid}`)).body['status'])
  await vi.waitUntil(async () => (await status()) === 'sent', { timeout: 60_000 })
  await vi.waitUntil(async () => (await system.open()) === 0, { timeout: 60_000 })
  return { mobile, status, job: `${rid}.1` }
}

/** How often a worker has started this job. */
const started = async (job: string) => Number(await system.redis.hget(`{sms}:sms:${job}`, 'ats'))
const ended = async (job: string) => (await system.redis.zscore('{sms}:sms:completed', job)) !== null

describe('a job that is retried from the board after its message was sent', () => {
  it('sends no second message, because the worker finds the request settled', async () => {
    const { mobile, status, job } = await sendOne()
    expect(await system.outbox(mobile)).toHaveLength(1)
    const before = await started(job)
    expect(await put('operator', `/sms/${job}/retry`)).toBe(405)
    expect(await put('writer', `/sms/${job}/retry`)).toBe(204)
    await vi.waitUntil(async () => (await started(job)) > before && (await ended(job)), { timeout: 60_000 })
    expect(await put('writer', '/sms/retry/completed')).toBe(200)
    await vi.waitUntil(async () => (await started(job)) > before + 1 && (await ended(job)), {
      timeout: 60_000,
    })
    expect(await system.outbox(mobile)).toHaveLength(1)
    expect(await status()).toBe('sent')
    await expect.poll(writes).toMatchObject([
      { user: 'writer', route: '/api/queues/:queueName/:jobId/retry', queue: 'sms', job, result: 'done' },
      {
        user: 'writer',
        route: '/api/queues/:queueName/retry/:queueStatus',
        jobs: 'completed',
        result: 'done',
      },
    ])
  })
})

describe('the job of a send that a gateway refuses', () => {
  it('is a failed job whose reason the board shows, and its retry sends nothing', async () => {
    await system.fault('160042')
    const { body } = await system.send(aMobile())
    const job = `${String(body['request_id'])}.1`
    const read = async () => {
      const reply = await fetch(`${system.boardUrl}/api/queues/sms/${job}`, { headers: login('operator') })
      const { status, job: shown } = toRecord(await reply.json())
      return [status, shown === undefined ? '' : toRecord(shown)['failedReason']]
    }
    await vi.waitUntil(async () => (await read())[0] === 'failed', { timeout: 60_000 })
    expect(await read()).toEqual(['failed', 'number: ccp 160042'])
    const before = await system.outbox()
    expect(await put('writer', `/sms/${job}/retry`)).toBe(204)
    await vi.waitUntil(async () => (await read())[1] === 'number: ccp', { timeout: 60_000 })
    expect(await read()).toEqual(['failed', 'number: ccp'])
    expect(await system.outbox()).toEqual(before)
  })
})

const RETRY_ALL = '重试全部'

/** Opens a page of the board and records its requests to other addresses and its error messages. */
async function openPage(user: 'operator' | 'writer', path: string) {
  const page = await browser.newPage()
  const elsewhere: string[] = []
  const errors: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(`${system.boardUrl}/ops/board/`)) elsewhere.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.setExtraHTTPHeaders(login(user))
  await page.goto(`${system.boardUrl}/ops/board/${path}`)
  return { page, elsewhere, errors }
}

describe('the page of the board', () => {
  it('works below its base path, contacts no other host and shows no button to a read-only user', async () => {
    const { mobile } = await sendOne()
    const masked = `${mobile.slice(0, 3)}****${mobile.slice(7)}`
    const { page, elsewhere, errors } = await openPage('operator', 'queue/sms?status=completed')
    await page.getByText(masked).first().waitFor()
    for (const name of ['sms', 'email', 'events'])
      await page.locator(`a[href*="/ops/board/queue/${name}"]`).first().waitFor({ state: 'attached' })
    expect(await page.getByRole('button', { name: RETRY_ALL }).count()).toBe(0)
    await shoot(page, 'board-reader')
    expect(elsewhere).toEqual([])
    expect(errors).toEqual([])
    await page.close()
  })

  it('shows its buttons to a user with write access, and the board accepts the writes', async () => {
    const { page, elsewhere } = await openPage('writer', 'queue/sms?status=completed')
    await page.getByRole('button', { name: RETRY_ALL }).waitFor()
    await shoot(page, 'board-writer')
    await page.locator('button[aria-haspopup=menu]').last().click()
    // The menu also has items for writes that the board refuses, and hides them.
    const items = () => page.locator('[role=menuitem]:visible').allInnerTexts()
    await expect.poll(items).toEqual(['重试全部 1 个失败作业', '暂停'])
    const statuses = ['pause', 'resume'].map((act) =>
      page.evaluate(
        async (url) => (await fetch(url, { method: 'PUT' })).status,
        `${system.boardUrl}/ops/board/api/queues/events/${act}`,
      ),
    )
    expect(await Promise.all(statuses)).toEqual([200, 200])
    expect(elsewhere).toEqual([])
    await page.close()
  })
})
