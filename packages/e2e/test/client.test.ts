import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import type { createSmsCodes, SmsCodes } from '@sms-codes/client'
import { openBrowser } from './browser.ts'
import { aMobile, ROOT, startSystem, wrong, type System } from './system.ts'

const CORS = { 'access-control-allow-origin': '*' }

declare global {
  interface Window {
    codes: SmsCodes
    createSmsCodes: typeof createSmsCodes
    ticks: number[]
  }
}

// A page of another origin than the API loads the built client without a bundler.

let system: System
let browser: BrowserContext
let pages: Server
let port: number
let page: Page
const errors: string[] = []

const html = (api: string) => `<!doctype html><title>page</title><script type="module">
  import { createSmsCodes } from '/client/client.js'
  window.createSmsCodes = createSmsCodes
  window.codes = createSmsCodes({ baseUrl: '${api}/' })
  window.ticks = []
  window.codes.countdown((left) => window.ticks.push(left))
</script>`

const README =
  /^```html\n(.*?)^```/ms.exec(readFileSync(join(ROOT, 'packages/client/README.md'), 'utf8'))?.[1] ?? ''

/** What the server of the page answers: the client, the form of its README, and a page for every other path. */
function answerTo(path: string): { type: string; text: string } {
  const file = join(ROOT, 'packages/client/dist', path.replace('/client/', ''))
  const isClient = path.startsWith('/client/') && existsSync(file)
  if (isClient) return { type: 'text/javascript', text: readFileSync(file, 'utf8') }
  const api = system.apis[0]?.url ?? ''
  if (path === '/readme') return { type: 'text/html', text: README.replace('https://codes.example.com', api) }
  return { type: 'text/html', text: html(api) }
}

beforeAll(async () => {
  port = await freePort()
  system = await startSystem({
    env: { CORS_ORIGINS: `http://127.0.0.1:${port}` },
    // All pages have the same address.
    policy: { limits: { address: { sends: ['100/1h'] } } },
  })
  pages = createServer((request, response) => {
    const { type, text } = answerTo(request.url ?? '/')
    response
      .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'access-control-allow-origin': '*' })
      .end(text)
  }).listen(port, '127.0.0.1')
  await once(pages, 'listening')
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  pages.close()
  await system.stop()
})
afterEach(async () => {
  errors.length = 0
  await page.close()
})

async function open(url = `http://127.0.0.1:${port}/`): Promise<void> {
  page = await browser.newPage()
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  await page.waitForFunction(() => 'codes' in window)
}

/** Shows the next picture, and reads its text from Redis. */
async function picture(): Promise<string> {
  const url = await page.evaluate(async () => {
    const image = new Image()
    image.src = window.codes.imageUrl()
    await image.decode()
    return image.src
  })
  return (await system.redis.get(`img_${url.split('/').at(-2)}`)) ?? ''
}
const send = async (mobile: string, imageCode: string) =>
  page.evaluate((request) => window.codes.send(request), { mobile, imageCode })

describe('a page of a permitted origin', () => {
  it('gets a picture, sends, waits and verifies', async () => {
    await open()
    const mobile = aMobile()
    expect(await page.evaluate(() => window.codes.scene())).toMatchObject({ ok: true, codeLength: 6 })
    expect(await send(mobile, await picture())).toMatchObject({ ok: true, resendAfter: 60, expiresIn: 300 })
    // On a busy machine the countdown has already gone on.
    expect(await page.evaluate(() => window.ticks.slice(0, 2))).toEqual([0, 60])
    await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
    const [message] = await system.outbox(mobile)
    await expect
      .poll(() => page.evaluate(() => window.codes.status()))
      .toMatchObject({ ok: true, status: 'sent', sends: 1 })
    const verify = (code: string) => page.evaluate((typed) => window.codes.verify({ code: typed }), code)
    expect(await verify(wrong(message?.code ?? ''))).toMatchObject({ reason: 'code_wrong', attemptsLeft: 4 })
    expect(await verify(message?.code ?? '')).toMatchObject({ ok: true, assurance: 'sms' })
    expect(errors).toEqual([])
  })

  it('knows its last send and its countdown after a reload', async () => {
    await open()
    const mobile = aMobile()
    await send(mobile, await picture())
    const last = await page.evaluate(() => window.codes.last())
    await page.reload()
    await page.waitForFunction(() => 'codes' in window)
    expect(await page.evaluate(() => window.codes.last())).toEqual({ ...last, mobile })
    expect(await page.evaluate(() => window.ticks[0])).toBeGreaterThan(0)
  })

  it('reads how long it must wait', async () => {
    await open()
    const mobile = aMobile()
    await send(mobile, await picture())
    const refused = await send(`+86 ${mobile}`, await picture())
    expect(refused).toMatchObject({ ok: false, reason: 'throttled', status: 429 })
    expect(refused.ok ? 0 : refused.retryAfter).toBeGreaterThan(0)
  })

  it('computes a proof that sends without a picture', async () => {
    await open()
    const sent = await page.evaluate(async (mobile) => {
      const solved = await window.codes.solveProof()
      return window.codes.send({ mobile, proof: solved.ok ? solved.proof : '' })
    }, aMobile())
    expect(sent).toMatchObject({ ok: true })
  })

  it('that is left during a send can send again, and the phone gets one message', async () => {
    await open()
    const mobile = aMobile()
    const imageCode = await picture()
    const handled = new Promise<void>((resolve) => {
      void page.route(
        '**/v1/sms_codes',
        async (route) => {
          await route.fetch()
          resolve()
        },
        { times: 1 },
      )
    })
    await page.evaluate((request) => void window.codes.send(request), { mobile, imageCode })
    await handled
    await page.reload()
    await page.waitForFunction(() => 'codes' in window)
    expect(await page.evaluate(() => window.codes.last())).toBeNull()
    expect(await send(mobile, await picture())).toMatchObject({ reason: 'throttled' })
    await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('reports an error of its own countdown listener, and the send succeeds all the same', async () => {
    await open()
    await page.evaluate(() => {
      let calls = 0
      window.codes.countdown(() => {
        if (++calls === 2) throw new Error('a fault of the page')
      })
    })
    expect(await send(aMobile(), await picture())).toMatchObject({ ok: true })
    expect(errors).toEqual(['a fault of the page'])
  })
})

it('the form of the README signs up, also when the API asks for a proof', async () => {
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/readme`)
  const [image, says] = [page.locator('img'), page.locator('output')]
  const answer = async () => {
    await expect.poll(() => image.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBeGreaterThan(0)
    const uuid = (await image.getAttribute('src'))?.split('/').at(-2)
    await page.fill('[name=answer]', (await system.redis.get(`img_${uuid}`)) ?? '')
    await page.click('[name=send]')
  }
  const mobile = aMobile()
  await page.fill('[name=mobile]', '1380013')
  await answer()
  await expect.poll(() => says.textContent()).toBe('手机号错误')
  await page.fill('[name=mobile]', `+86 ${mobile}`)
  await page.route(
    '**/v1/sms_codes',
    (route) =>
      route.fulfill({ status: 400, headers: CORS, json: { code: '4001', errmsg: '', challenge: 'proof' } }),
    { times: 1 },
  )
  await page.click('[name=send]')
  await expect.poll(() => says.textContent()).toBe('短信已发送')
  expect(await page.locator('[name=send]').textContent()).toMatch(/^\d+ 秒后重发$/)
  await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
  const [message] = await system.outbox(mobile)
  await page.fill('[name=code]', wrong(message?.code ?? ''))
  await page.keyboard.press('Enter')
  await expect.poll(() => says.textContent()).toBe('短信验证码有误，还可输入 4 次')
  await page.fill('[name=code]', message?.code ?? '')
  const verifies: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/verify')) verifies.push(request.url())
  })
  await page.route('**/sign-up', (route) => route.fulfill({ status: 503 }), { times: 1 })
  const post = async () => {
    const [posted] = await Promise.all([page.waitForRequest('**/sign-up'), page.keyboard.press('Enter')])
    return posted.postData()
  }
  const posted = await post()
  expect(posted).toMatch(new RegExp(`^\\{"receipt":"eyJ[^"]+","mobile":"${mobile}"\\}$`))
  await expect.poll(() => says.textContent()).toBe('注册失败')
  expect(await post()).toBe(posted)
  await expect.poll(() => says.textContent()).toBe('注册成功')
  expect(verifies).toHaveLength(1)
  await page.fill('[name=code]', wrong(message?.code ?? ''))
  await page.keyboard.press('Enter')
  await expect.poll(() => says.textContent()).toContain('短信验证码有误')
})

it('a page of another origin gets the reason `unreachable`, and the browser writes why to the console', async () => {
  await open(`http://localhost:${port}/`)
  const lines: string[] = []
  page.on('console', (line) => lines.push(line.text()))
  expect(await send(aMobile(), 'AB3D')).toEqual({
    ok: false,
    reason: 'unreachable',
    message: '',
    code: '',
    status: 0,
  })
  await expect.poll(() => lines.join('\n')).toContain('blocked by CORS policy')
})

it('a page without HTTPS cannot compute, and can still ask for a picture', async () => {
  const origin = 'http://shop.example'
  await browser.route(`${origin}/**`, (route) => {
    const { type, text } = answerTo(new URL(route.request().url()).pathname)
    return route.fulfill({ contentType: type, body: text })
  })
  await open(`${origin}/`)
  expect(await page.evaluate(() => ['randomUUID' in crypto, 'subtle' in crypto])).toEqual([false, false])
  expect(await page.evaluate(() => window.codes.solveProof())).toMatchObject({
    reason: 'invalid',
    code: 'needs_https',
  })
  expect(await page.evaluate(() => window.codes.imageUrl())).toMatch(/\/image_codes\/[0-9a-f]{32}\/$/)
  await browser.unroute(`${origin}/**`)
})

it('a frame whose storage is blocked creates a client', async () => {
  await open()
  const text = await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    frame.sandbox.add('allow-scripts')
    frame.srcdoc = `<script type="module">
      import { createSmsCodes } from '${location.origin}/client/client.js'
      let storage = 'open'
      try { sessionStorage.getItem('x') } catch { storage = 'blocked' }
      const last = createSmsCodes({ baseUrl: '' }).last()
      parent.postMessage(storage + ' ' + last, '*')
    </script>`
    const message = new Promise<unknown>((resolve) => {
      window.addEventListener('message', (event) => resolve(event.data), { once: true })
    })
    document.body.append(frame)
    return message
  })
  expect(text).toBe('blocked null')
})
