import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openBrowser } from './browser.ts'
import { createUser, eventsOf, openPage, pageOf, RECORD, run, startSite, type Site } from './element-page.ts'
import { NO_LIMITS } from './element-system.ts'
import { aMobile, ROOT, startSystem, wrong, type System } from './system.ts'

let site: Site
let system: System
let browser: BrowserContext
let api: string
beforeAll(async () => {
  site = await startSite()
  system = await startSystem({
    env: { CORS_ORIGINS: site.origin },
    policy: {
      scenes: { default: {}, login: { length: 4 } },
      // All pages of the tests have one address.
      limits: { address: NO_LIMITS },
      step_up: { enabled: false },
    },
  })
  api = system.apis[0]?.url ?? ''
  browser = await openBrowser()
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'])
})
afterAll(async () => {
  await browser.close()
  await system.stop()
  site.stop()
})

/** Opens a page with these elements in a tab of its own. */
async function open(body = '<sms-code></sms-code>', more = '') {
  const page = await openPage(
    browser,
    site.serve(pageOf(`${body}<script>${RECORD};${more}</script>`, { api })),
  )
  onTestFinished(() => page.close())
  return { page, events: () => eventsOf(page), ...createUser(page, system) }
}

describe('the element', () => {
  it('takes a user from the number to a receipt by the keyboard alone', async () => {
    const { page, events, find, focused, readMessage, readPicture, receipt, shows } = await open()
    const mobile = aMobile()
    const picture = await readPicture()
    const order: string[] = []
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press('Tab')
      order.push(await focused())
    }
    expect(order).toEqual(['mobile', 'image-code', 'refresh', 'use-other', 'send', 'sms-code', 'verify'])
    for (let i = 0; i < 6; i++) await page.keyboard.press('Shift+Tab')

    await page.keyboard.type(mobile)
    await page.keyboard.press('Tab')
    await page.keyboard.type(picture.toLowerCase())
    await page.keyboard.press('Enter')
    await shows('send', /^\d+ 秒后可重新获取$/)
    expect(await focused()).toBe('sms-code')
    await shows('status', '短信已发送')

    const guesses: string[] = []
    page.on('request', (request) => request.url().endsWith('/verify') && guesses.push(request.method()))
    await page.keyboard.type(await readMessage(mobile))
    expect(guesses).toEqual([])
    await page.keyboard.press('Enter')
    await shows('status', '手机号验证成功')
    expect(await focused()).toBe('sms-code')
    await page.keyboard.press('Enter')
    expect(guesses.filter((method) => method === 'POST')).toHaveLength(1)
    expect(await find('mobile').inputValue()).toBe(mobile)
    expect(await find('mobile').isEditable()).toBe(false)
    const happened = await events()
    expect(happened.map(({ type }) => type)).toEqual(['sms-code:sent', 'change', 'sms-code:verified'])
    expect(happened[0]?.detail).toMatchObject({ mobile, resendAfter: 60, expiresIn: 300 })
    expect(happened[2]?.detail).toMatchObject({ mobile, assurance: 'sms', receipt: await receipt() })

    const redeemed = await system.asBackend('POST', '/v1/receipts/redeem', {
      receipt: await receipt(),
      scene: 'default',
      mobile,
    })
    expect(redeemed.status).toBe(200)
  })
})

const fullWidth = (digits: string) =>
  Array.from(digits, (digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0)).join('')

describe('what a user pastes or types', () => {
  it('+86 138-0013-8000 becomes a number, and a code in full-width digits or a whole message is verified at once', async () => {
    const { find, paste, receiveCode, requestCode, shows } = await open()
    await paste('mobile', '+86 138-0013-8000')
    expect(await find('mobile').inputValue()).toBe('13800138000')
    const mobile = aMobile()
    await requestCode(mobile)
    const code = await receiveCode(mobile)
    await paste('sms-code', `您的验证码是${wrong(code)}，请于5分钟内正确输入。`)
    await shows('code-error', '还可以再试 4 次')
    expect(await find('sms-code').inputValue()).toBe(wrong(code))
    await find('sms-code').fill('')
    await paste('sms-code', fullWidth(`${code.slice(0, 3)} ${code.slice(3)}`).replace('＀', ' '))
    await shows('status', '手机号验证成功')
    expect(await find('sms-code').inputValue()).toBe(code)
  })

  it('by an input method becomes digits when the method has finished, and its Enter key does nothing else', async () => {
    const { page, find, receiveCode, receipt, requestCode, shows } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    const code = await receiveCode(mobile)
    await find('sms-code').focus()
    const cdp = await browser.newCDPSession(page)
    const text = fullWidth(code)
    await cdp.send('Input.imeSetComposition', { text, selectionStart: 6, selectionEnd: 6 })
    expect(await find('sms-code').inputValue()).toBe(text)
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', windowsVirtualKeyCode: 229 })
    expect(await find('verify').textContent()).toBe('验证')
    await cdp.send('Input.insertText', { text })
    await expect.poll(() => find('sms-code').inputValue()).toBe(code)
    expect(await receipt()).toBe('')
    await page.keyboard.press('Enter')
    await shows('status', '手机号验证成功')
  })

  it('a code of another length is no guess, and a refused one is an event', async () => {
    const { find, paste, shows, events } = await open()
    await find('mobile').fill(aMobile())
    await paste('sms-code', '1234567')
    expect(await find('sms-code').inputValue()).toBe('1234567')
    await find('verify').click()
    await shows('code-error', '请输入短信中的 6 位数字验证码')
    expect(await events()).toEqual([])
    await paste('sms-code', '123456')
    await shows('code-error', '验证码不正确')
    expect(await events()).toMatchObject([
      { type: 'sms-code:refused', detail: { reason: 'code_wrong', code: '4008', status: 400 } },
    ])
  })
})

it('a reload keeps the number, the countdown and the request', async () => {
  const { page, find, readMessage, requestCode, receipt, shows } = await open()
  const mobile = aMobile()
  await requestCode(mobile)
  await shows('send', /秒后可重新获取$/)
  await page.reload()
  await shows('send', /^\d+ 秒后可重新获取$/)
  expect(await find('mobile').inputValue()).toBe(mobile)
  await shows('status', '短信已发送')
  const code = await readMessage(mobile)
  // Only a guess with the request id gets the number of guesses that are left.
  await find('sms-code').fill(wrong(code))
  await find('verify').click()
  await shows('code-error', '还可以再试 4 次')
  await find('sms-code').fill(code)
  await find('verify').click()
  await shows('status', '手机号验证成功')
  expect(await receipt()).not.toBe('')
  await page.reload()
  await shows('send', '获取验证码')
  expect(await find('mobile').inputValue()).toBe('')
})

describe('in a form', () => {
  const FORM = `<form action="/nowhere"><label>Name <input name="user" id="user"></label>
    <fieldset><sms-code name="sms_receipt" mobile-name="sms_mobile" required></sms-code></fieldset><button>Sign up</button></form>`
  const LISTEN = `document.forms[0].addEventListener('submit', (event) => event.preventDefault())`

  it('the receipt is the value, a missing receipt stops the submit, and the Enter key submits nothing', async () => {
    const { page, events, find, focused, paste, receiveCode, receipt, requestCode, shows } = await open(
      FORM,
      LISTEN,
    )
    const value = () => page.evaluate('new FormData(document.forms[0]).get("sms_receipt")')
    await page.getByText('Sign up', { exact: true }).click()
    expect(await focused()).toBe('mobile')
    expect(await page.evaluate('document.querySelector("sms-code").matches(":invalid")')).toBe(true)
    expect(await value()).toBeNull()
    const mobile = aMobile()
    await requestCode(mobile)
    await find('mobile').press('Enter')
    await paste('sms-code', await receiveCode(mobile))
    await shows('status', '手机号验证成功')
    for (const id of ['mobile', 'sms-code']) await find(id).press('Enter')
    expect((await events()).map(({ type }) => type)).not.toContain('submit')
    expect(await value()).toBe(await receipt())
    expect(await page.evaluate('new FormData(document.forms[0]).get("sms_mobile")')).toBe(mobile)
    await page.evaluate('document.querySelector("sms-code").removeAttribute("mobile-name")')
    expect(await page.evaluate('[...new FormData(document.forms[0]).keys()]')).toEqual([
      'user',
      'sms_receipt',
    ])
    await page.getByText('Sign up', { exact: true }).click()
    expect((await events()).at(-1)?.type).toBe('submit')

    await page.evaluate('document.forms[0].reset()')
    expect(await value()).toBeNull()
    expect(await find('mobile').inputValue()).toBe('')
    expect(await find('mobile').isEditable()).toBe(true)
  })

  it('a disabled fieldset disables every control', async () => {
    const { page, find, focused } = await open(FORM, LISTEN)
    await page.evaluate('document.querySelector("fieldset").disabled = true')
    for (const id of ['mobile', 'sms-code', 'send', 'verify', 'use-other'])
      expect(await find(id).evaluate((node) => node.matches(':disabled')), `#${id}`).toBe(true)
    await page.evaluate('document.querySelector("fieldset").disabled = false')
    await page.evaluate('document.querySelector("sms-code").focus()')
    expect(await focused()).toBe('mobile')
    expect(await find('mobile').isEditable()).toBe(true)
  })
})

/** Plays a browser with WebOTP: `tapMessage(code)` is the tap of the user on the suggestion. */
const WEB_OTP = `window.OTPCredential = class {}
window.aborted = 0
navigator.credentials.get = ({ otp, signal }) => new Promise((resolve, reject) => {
  signal.addEventListener('abort', () => { window.aborted += 1; reject(new Error('aborted')) })
  window.tapMessage = (code) => resolve({ type: 'otp', code, transport: otp.transport })
})`

it('a code that the browser reads from the message is verified, and a removed element stops waiting for it', async () => {
  const { page, readMessage, requestCode, receipt, shows } = await open('<sms-code></sms-code>', WEB_OTP)
  const mobile = aMobile()
  await requestCode(mobile)
  await page.waitForFunction(`'tapMessage' in window`)
  await page.evaluate(`window.element = document.querySelector('sms-code'); element.remove()`)
  expect(await page.evaluate('aborted')).toBe(1)
  await page.evaluate('document.body.append(element)')
  await shows('send', /秒后可重新获取$/)
  await page.evaluate(
    (code) => {
      const tap: unknown = Reflect.get(window, 'tapMessage')
      if (typeof tap === 'function') Reflect.apply(tap, null, [code])
    },
    await readMessage(mobile),
  )
  await shows('status', '手机号验证成功')
  expect(await receipt()).not.toBe('')
})

it('two elements of a page work side by side, each with its scene', async () => {
  const { page } = await open('<sms-code id="one"></sms-code><sms-code id="two" scene="login"></sms-code>')
  const [one, two] = [createUser(page, system, '#one'), createUser(page, system, '#two')]
  const [mobile, other] = [aMobile(), aMobile()]
  await one.requestCode(mobile)
  await one.shows('send', /秒后可重新获取$/)
  await two.requestCode(other)
  await two.shows('send', /秒后可重新获取$/)
  const code = await two.readMessage(other)
  expect(code).toHaveLength(4)
  await two.paste('sms-code', code)
  await two.shows('status', '手机号验证成功')
  expect(await one.receipt()).toBe('')
  await one.paste('sms-code', await one.readMessage(mobile))
  await one.shows('status', '手机号验证成功')
})

it('a change of the language changes every text, also of errors and of the message', async () => {
  const { page, find, readMessage, requestCode, shows } = await open()
  const mobile = aMobile()
  await requestCode(mobile)
  await shows('status', '短信已发送')
  await find('sms-code').fill(wrong(await readMessage(mobile)))
  await find('verify').click()
  await shows('code-error', '还可以再试 4 次')
  await page.evaluate('document.documentElement.lang = "en"')
  await shows('code-error', '4 tries are left')
  await shows('status', 'The message was sent')
  await shows('send', 'Send again in')
  const texts = () =>
    page.locator('sms-code').evaluate((node) => node.shadowRoot?.querySelector('div')?.innerText ?? '')
  expect(await texts()).not.toMatch(/[\u3000-\u9fff]/)
  await page.evaluate('document.querySelector("sms-code").lang = "zh"')
  await shows('code-error', '还可以再试 4 次')
})

describe('a user who cannot read the picture', () => {
  it('chooses the calculation by the keyboard and sends with the usual button', async () => {
    const { page, events, find, focused, readMessage, readPicture, shows } = await open()
    const mobile = aMobile()
    await readPicture()
    await find('mobile').fill(mobile)
    await find('use-other').focus()
    await page.keyboard.press('Enter')
    await shows('proof-note', '无需输入图片中的字符')
    expect(await find('picture').isVisible()).toBe(false)
    expect(await focused()).toBe('send')
    expect(await events()).toEqual([])
    await page.keyboard.press('Enter')
    await shows('send', /秒后可重新获取$/)
    await readMessage(mobile)
  })

  it('gets another picture by the button, which keeps the focus', async () => {
    const { page, find, focused, readPicture } = await open()
    await readPicture()
    const source = () => find('picture').getAttribute('src')
    const before = await source()
    await find('refresh').focus()
    await page.keyboard.press('Space')
    // The new picture may have the same four characters by chance, so the addresses are compared.
    await expect.poll(source).not.toBe(before)
    await readPicture()
    expect(await focused()).toBe('refresh')
  })
})

it('a verified user can use another number, which empties the form', async () => {
  const { page, find, focused, paste, receiveCode, receipt, requestCode, shows } = await open()
  const mobile = aMobile()
  await requestCode(mobile)
  await paste('sms-code', await receiveCode(mobile))
  await shows('status', '手机号验证成功')
  expect(await find('change-number').textContent()).toBe('使用其他手机号')
  await find('change-number').focus()
  await page.keyboard.press('Enter')
  expect(await focused()).toBe('mobile')
  expect(await receipt()).toBe('')
  expect(await find('mobile').inputValue()).toBe('')
  await requestCode(aMobile())
  await shows('send', /秒后可重新获取$/)
})

it('a number of the page replaces the error of the number before', async () => {
  const { page, find, shows, text } = await open()
  await find('mobile').fill('123')
  await find('send').click()
  await shows('mobile-error', '手机号不正确')
  await run(page, `element.mobile = '${aMobile()}'`)
  expect(await text('mobile-error')).toBe('')
  expect(await find('mobile').getAttribute('aria-invalid')).toBe('false')
})

it('the page can fill in number and code', async () => {
  const body = `<script>document.write('<sms-code mobile="+86 138 0013 8000"></sms-code>')</script>`
  const { page, find } = await open(body, `document.querySelector('sms-code').code = '123 456'`)
  await expect.poll(() => find('mobile').inputValue()).toBe('13800138000')
  await expect.poll(() => find('sms-code').inputValue()).toBe('123456')
  await page.evaluate(`document.querySelector('sms-code').mobile = '00852 9123 4567'`)
  expect(await find('mobile').inputValue()).toBe('+85291234567')
  expect(await page.evaluate(`document.querySelector('sms-code').mobile`)).toBe('+85291234567')
})

it('works from a script of the site itself, with the address of the API as an attribute', async () => {
  const bundle = readFileSync(join(ROOT, 'packages/element/dist/bundle.js'), 'utf8')
  const script = site.serve(bundle, { 'content-type': 'text/javascript' })
  const html = `<!doctype html><html lang="en"><title>Own</title><script type="module" src="${script}"></script><sms-code base-url="${api}/"></sms-code></html>`
  const page = await openPage(browser, site.serve(html))
  onTestFinished(() => page.close())
  const { readMessage, requestCode, shows } = createUser(page, system)
  const mobile = aMobile()
  await requestCode(mobile)
  await shows('status', 'The message was sent')
  expect(await readMessage(mobile)).toMatch(/^\d{6}$/)
})

it('breaks no rule of a strict content security policy', async () => {
  const policy = `default-src 'self'; script-src 'self' ${api}; connect-src ${api}; img-src ${api}`
  const html = pageOf('<sms-code></sms-code>', { api }).replace(/<style>.*<\/style>/, '')
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const violations: string[] = []
  page.on('console', (line) => violations.push(line.text()))
  await page.goto(site.serve(html, { 'content-security-policy': policy }))
  const { find, paste, receiveCode, requestCode, shows } = createUser(page, system)
  const mobile = aMobile()
  await requestCode(mobile)
  await paste('sms-code', await receiveCode(mobile))
  await shows('status', '手机号验证成功')
  const border = await find('mobile').evaluate((node) => getComputedStyle(node).borderRadius)
  expect(border).toBe('8px')
  expect(violations).toEqual([])
})
