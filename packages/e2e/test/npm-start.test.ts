import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createTransport } from 'nodemailer'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp, type Process } from '@sms-codes/launcher/processes'
import { openBrowser } from './browser.ts'
import { shoot } from './element-page.ts'
import { readPicture } from './read-picture.ts'
import { nodeOptions } from './system-env.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PORTS = [
  'API_PORT',
  'BOARD_PORT',
  'SIMULATOR_PORT',
  'SIMULATOR_SMTP_PORT',
  'API_OPS_PORT',
  'WORKER_OPS_PORT',
] as const

const dataDir = mkdtempSync(join(tmpdir(), 'sms-codes-start-'))
const lines: string[] = []
let env: Record<string, string>
let npm: Process
let browser: BrowserContext

const said = () => lines.join('\n')
/** Opens a page. If its test fails, the page's text and the last output lines are printed. */
async function openPage(): Promise<Page> {
  const page = await browser.newPage()
  onTestFailed(async () => console.log([await page.innerText('body'), ...lines.slice(-20)].join('\n')))
  return page
}
const npmRun = async (script: string, more: Record<string, string> = {}) =>
  startProcess({
    name: script,
    command: 'npm',
    args: ['run', script],
    cwd: ROOT,
    env: { ...env, ...more },
    onLine: (line) => lines.push(line),
  })

beforeAll(async () => {
  const ports = await Promise.all(
    PORTS.map(async (name): Promise<[string, string]> => [name, String(await freePort())]),
  )
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    ...nodeOptions(),
    DATA_DIR: dataDir,
    // Settings of the user's own application, beside which the demo page must work.
    CORS_ORIGINS: 'https://shop.example',
    API_KEYS: `shop:${'s'.repeat(32)}`,
    ...Object.fromEntries(ports),
  }
  npm = await npmRun('start')
  await vi.waitUntil(() => said().includes('Ctrl-C stops everything'), { timeout: 120_000 })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await npm.stop(20_000)
  rmSync(dataDir, { recursive: true })
})

describe('npm start', () => {
  it('prints a summary with all addresses', () => {
    for (const port of ['API_PORT', 'BOARD_PORT', 'SIMULATOR_PORT'])
      expect(said()).toContain(`http://127.0.0.1:${env[port]}`)
    expect(said()).toMatch(/REDIS_URL=redis:\/\/127\.0\.0\.1:[0-9]+/)
    expect(said()).toMatch(/user operator, password \S{20,}/)
  })

  it('serves a demo page on which a code can be requested and verified', async () => {
    const outside: string[] = []
    const page = await openPage()
    page.on('request', (request) => {
      if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) outside.push(request.url())
    })
    await page.goto(`http://127.0.0.1:${env['SIMULATOR_PORT']}/`)
    await page.fill('#mobile', '13800138000')
    await answerPicture(page, 'ZZZZ')
    await page.click('#send')
    await page.locator('#captcha-error', { hasText: '图形验证码有误' }).waitFor()

    await answerPicture(page)
    await page.click('#send')
    const message = page.locator('#phone .message[data-code]').first()
    await message.waitFor()
    const code = (await message.getAttribute('data-code')) ?? ''
    expect(code).toMatch(/^[0-9]{6}$/)
    await page.locator('#status[data-status="delivered"]').waitFor()
    await page.locator('#status [data-step="sent"]', { hasText: '由容联云发出' }).waitFor()

    await page.fill('#sms-code', code)
    await page.click('#verify')
    await page.locator('#receipt', { hasText: '经短信验证' }).waitFor()
    await page.click('#receipt-redeem')
    await page.locator('#receipt-answer', { hasText: '13800138000' }).waitFor()
    await shoot(page, 'npm-start-demo')
    expect(outside).toEqual([])
    await page.close()
  })

  it('serves a demo page that stores an e-mail address, shows mails, and breaks and repairs the mail server', async () => {
    const page = await openPage()
    const simulator = `http://127.0.0.1:${env['SIMULATOR_PORT']}`
    await page.goto(simulator)
    await page.fill('#email', 'li.lei@example.com')
    await page.click('#save-contact')
    await page.locator('#contact-note', { hasText: '请先在表单中填写手机号' }).waitFor()
    await page.fill('#mobile', '13800138003')
    await page.click('#save-contact')
    await page.locator('#contact-note', { hasText: '已为 13800138003 保存' }).waitFor()

    const mail = { from: 'codes@example.org', to: 'li.lei@example.com', subject: '<b>验证码</b>' }
    const transport = createTransport(`smtp://127.0.0.1:${env['SIMULATOR_SMTP_PORT']}`)
    await transport.sendMail({ ...mail, text: '您的验证码是 482913' })
    await page.locator('.letter', { hasText: '<b>验证码</b>' }).getByText('填入验证码 482913').click()
    expect(await page.inputValue('#sms-code')).toBe('482913')

    const mailServer = page.locator('[data-gateway="mail"]')
    await mailServer.getByText('断线').click()
    await mailServer.getByText('邮件发不出去').waitFor()
    await expect(transport.sendMail({ ...mail, text: '' })).rejects.toThrow('closed')
    await page.reload()
    await mailServer.getByText('邮件发不出去').waitFor()
    await page.click('#repair-all')
    await mailServer.getByText('邮件发不出去').waitFor({ state: 'detached' })
    await transport.sendMail({ ...mail, text: '' })
    await page.close()
  })

  it('serves a demo page that breaks and repairs a gateway, and shows which gateway sent a message', async () => {
    const page = await openPage()
    const simulator = `http://127.0.0.1:${env['SIMULATOR_PORT']}`
    await page.goto(simulator)
    const ccp = page.locator('[data-gateway="ccp"]')
    const sent = page.locator('#status [data-step="sent"]')
    await ccp.getByText('拒绝号码').click()
    await ccp.getByText('换网关也没有用').waitFor()
    await page.fill('#mobile', '13800138004')
    await page.click('#use-other')
    await page.click('#send')
    await sent.getByText('发送失败').waitFor()
    await page.click('#repair-all')
    await ccp.getByText('换网关也没有用').waitFor({ state: 'detached' })
    await page.click('#send')
    await sent.getByText('由容联云发出').waitFor()
    const messages = await fetch(`${simulator}/_sim/outbox?to=13800138004`)
    expect(await messages.json()).toMatchObject([{ gateway: 'ccp' }])
    await page.close()
  })

  it('accepts a proof of work in place of an image code, and asks for one when the image code is not enough', async () => {
    const page = await openPage()
    await page.goto(`http://127.0.0.1:${env['SIMULATOR_PORT']}/`)
    const sends: string[] = []
    page.on('request', (request) => {
      const body = request.postData() ?? ''
      const names = Array.from(body.matchAll(/"([a-z_]+)":/g), ([, name]) => name)
      if (request.url().endsWith('/v1/sms_codes')) sends.push(names.join(' '))
    })
    await page.fill('#mobile', '13800138001')
    await page.click('#use-other')
    await page.click('#send')
    await page.locator('#phone .message[data-code]').waitFor()
    await page.reload()
    await page.fill('#mobile', '13800138002')
    await page.locator('#phone .message[data-code]').waitFor({ state: 'detached' })
    for (let i = 0; i < 20; i++)
      await fetch(
        `http://127.0.0.1:${env['API_PORT']}/sms_codes/13800138002/?image_code=ZZZZ&uuid=never-issued`,
      )
    await page.click('#refresh')
    await answerPicture(page)
    await page.click('#send')
    await page.locator('#phone .message[data-code]').waitFor()
    expect(sends).toEqual(['mobile scene proof', 'mobile scene image_code uuid', 'mobile scene proof'])
    await page.close()
  })

  it('shows the board with its password only', async () => {
    const password = /password (\S+)/.exec(said())?.[1] ?? ''
    const url = `http://127.0.0.1:${env['BOARD_PORT']}`
    expect((await fetch(url)).status).toBe(401)
    const page = await openPage()
    await page.setExtraHTTPHeaders({
      authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`,
    })
    await page.goto(`${url}/queue/sms?status=completed`)
    await page.getByText('138****8000').first().waitFor()
    await shoot(page, 'npm-start-board')
    await page.close()
  })

  it('allows a second worker, started with npm run start:worker', async () => {
    const opsPort = String(await freePort())
    const url = /REDIS_URL=(\S+)/.exec(said())?.[1] ?? ''
    const worker = await npmRun('start:worker', { REDIS_URL: url, WORKER_OPS_PORT: opsPort })
    await waitForHttp(`http://127.0.0.1:${opsPort}/readyz`, 60_000)
    expect(await worker.stop()).toEqual({ code: 0, signal: null })
  })

  it('stops everything that it started', async () => {
    const url = /REDIS_URL=(\S+)/.exec(said())?.[1] ?? ''
    expect(await npm.stop(20_000)).toMatchObject({ signal: null })
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
    redis.on('error', () => {})
    await expect(redis.connect()).rejects.toThrow(/ECONNREFUSED|closed/)
    for (const name of PORTS)
      await expect(fetch(`http://127.0.0.1:${env[name]}/`)).rejects.toThrow('fetch failed')
  })
})

/** Fills in the image code: the given answer, or the right one, which is read from Redis. */
async function answerPicture(page: Page, answer?: string): Promise<void> {
  const redis = new Redis(/REDIS_URL=(\S+)/.exec(said())?.[1] ?? '')
  const text = await readPicture(redis, page.locator('#picture'), page.locator('#refresh'))
  redis.disconnect()
  await page.fill('#image-code', answer ?? text)
}
