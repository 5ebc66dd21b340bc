import { Queue, UnrecoverableError, Worker } from 'bullmq'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openBrowser } from './browser.ts'
import { startSystem, type System } from './system.ts'

const STATES = [
  'latest',
  'active',
  'waiting',
  'waiting-children',
  'prioritized',
  'completed',
  'failed',
  'delayed',
  'paused',
]
const PAGES = [
  '',
  'job-schedulers',
  ...STATES.map((state) => `queue/sms?status=${state}`),
  'queue/sms/job.delayed',
  'queue/sms/job.waiting',
]
/** The buttons of the content that do not only change what the page shows. */
const BUTTONS = [
  'section button:visible',
  ':not([role=tab])',
  ':not([role=combobox])',
  ':not([aria-expanded]:not([aria-haspopup=menu]))',
  ':not([class*=copyBtn])',
].join('')

let system: System
let browser: BrowserContext
let queue: Queue
beforeAll(async () => {
  system = await startSystem({ board: true, workers: 0 })
  browser = await openBrowser()
  // Without confirmation, a click sends its request at once.
  const settings = { state: { confirmQueueActions: false, confirmJobActions: false }, version: 2 }
  await browser.addInitScript(`localStorage.setItem('board-settings', '${JSON.stringify(settings)}')`)
  queue = new Queue('sms', { connection: { url: system.redisServer().url }, prefix: '{sms}' })
  await fillQueue()
})
afterAll(async () => {
  await queue.close()
  await browser.close()
  await system.stop()
})

/** Adds a job of each state, a scheduler and a rate limit, although our queues use only some of them. */
async function fillQueue(): Promise<void> {
  const worker = new Worker(
    'sms',
    async ({ name }) => {
      if (name === 'failed') throw new UnrecoverableError('number: ccp 160042')
    },
    { connection: { url: system.redisServer().url }, prefix: '{sms}' },
  )
  for (const name of ['failed', 'completed']) await queue.add(name, {}, { jobId: `job.${name}` })
  await vi.waitUntil(
    async () => Object.values(await queue.getJobCounts('completed', 'failed')).join() === '1,1',
    { timeout: 60_000 },
  )
  await worker.close()
  await queue.add('waiting', {}, { jobId: 'job.waiting' })
  await queue.add('delayed', {}, { jobId: 'job.delayed', delay: 3_600_000 })
  await queue.add('prioritized', {}, { jobId: 'job.prioritized', priority: 5 })
  for (const state of ['active', 'waiting-children']) {
    await queue.add(state, {}, { jobId: `job.${state}`, delay: 3_600_000 })
    await system.redis.zrem(queue.toKey('delayed'), `job.${state}`)
  }
  await system.redis.rpush(queue.toKey('active'), 'job.active')
  await system.redis.zadd(queue.toKey('waiting-children'), 1, 'job.waiting-children')
  await system.redis.set(queue.toKey('limiter'), '1', 'PX', 3_600_000)
  await queue.upsertJobScheduler('scheduler', { every: 3_600_000 }, { name: 'send' })
}

type User = 'operator' | 'writer'
const login = (user: User) => {
  const password = system.env[user === 'writer' ? 'BOARD_WRITER_PASSWORD' : 'BOARD_PASSWORD']
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

/** Presses every button of these pages, and returns the writes of the page, which the server does not get. */
async function pressEverything(user: User, paths: readonly string[]): Promise<Set<string>> {
  const writes = new Set<string>()
  const page = await browser.newPage()
  await page.setExtraHTTPHeaders(login(user))
  await page.route('**/api/**', async (route) => {
    const request = route.request()
    if (request.method() === 'GET') return route.continue()
    writes.add(`${request.method()} ${new URL(request.url()).pathname}`)
    return route.fulfill({ status: 200, contentType: 'application/json', body: '{}' })
  })
  for (const path of paths) {
    await page.goto(`${system.boardUrl}/${path}`)
    await page.locator('section').first().waitFor()
    await expect.poll(() => page.getByText(/加载|Loading/).count(), { timeout: 60_000 }).toBe(0)
    const count = await page.locator(BUTTONS).count()
    for (let at = 0; at < count; at += 1) await press(page, page.locator(BUTTONS).nth(at))
  }
  await page.close()
  return writes
}

async function press(page: Page, button: Locator): Promise<void> {
  await button.click()
  if ((await button.getAttribute('aria-haspopup')) !== 'menu') return
  const items = page.locator('[role=menuitem]:visible:not([aria-haspopup])')
  await page.getByRole('menu').waitFor()
  const count = await items.count()
  for (let at = 0; at < count; at += 1) {
    // A click on an item closes the menu.
    if (!(await page.getByRole('menu').isVisible())) await button.click()
    await items.nth(at).click()
    await page.getByRole('menu').waitFor({ state: 'hidden' })
  }
  if (count === 0) await page.keyboard.press('Escape')
}

const job = (state: string, write: string) => `PUT /api/queues/sms/job.${state}/${write}`
const OF_QUEUE = ['sms', 'email', 'events'].map((name) => `PUT /api/queues/${name}/pause`)

describe('the buttons that the board shows', () => {
  it('to a writer send only writes that the server allows, and all of those', async () => {
    const running = await pressEverything('writer', PAGES)
    await Promise.all(
      ['sms', 'email', 'events'].map((name) => system.redis.hset(`{sms}:${name}:meta`, 'paused', '1')),
    )
    const paused = await pressEverything('writer', ['', 'queue/sms'])
    expect([...running].toSorted()).toEqual(
      [
        ...OF_QUEUE,
        'PUT /api/queues/pause',
        'PUT /api/queues/sms/clean/completed',
        'PUT /api/queues/sms/clean/failed',
        'PUT /api/queues/sms/promote',
        'PUT /api/queues/sms/retry/completed',
        'PUT /api/queues/sms/retry/failed',
        job('completed', 'retry'),
        job('delayed', 'promote'),
        job('failed', 'retry'),
      ].toSorted(),
    )
    const resumes = [...paused].filter((write) => !running.has(write))
    expect(resumes.toSorted()).toEqual(
      ['PUT /api/queues/resume', ...OF_QUEUE.map((write) => write.replace('pause', 'resume'))].toSorted(),
    )
    for (const write of [...resumes, ...running]) {
      const path = write.replace('PUT ', '')
      const { status } = await fetch(system.boardUrl + path, { method: 'PUT', headers: login('writer') })
      expect([write, [403, 404, 405].includes(status)]).toEqual([write, false])
    }
  }, 180_000)

  it('in the information about a queue change nothing', async () => {
    const page = await browser.newPage()
    await page.setExtraHTTPHeaders(login('writer'))
    await page.goto(`${system.boardUrl}/queue/sms`)
    await page.locator('[class*=infoButton]').click()
    await page.getByRole('dialog').locator('dd').first().waitFor()
    // The heading of the section, and the button that closes the dialog.
    expect(await page.getByRole('dialog').locator('button:visible').count()).toBe(2)
    await page.close()
  })

  it('to a reader send no write', async () => {
    expect([...(await pressEverything('operator', PAGES))]).toEqual([])
  }, 120_000)
})
