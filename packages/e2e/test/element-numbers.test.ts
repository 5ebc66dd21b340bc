import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openBrowser } from './browser.ts'
import { createUser, openPage, pageOf, startSite, type Site } from './element-page.ts'
import { NO_LIMITS, SHOWN_WAIT } from './element-system.ts'
import { toRecord } from './json.ts'
import { aMobile, startSystem, wrong, type System } from './system.ts'

let site: Site
let system: System
let browser: BrowserContext
let api: string
beforeAll(async () => {
  site = await startSite()
  system = await startSystem({
    env: { CORS_ORIGINS: site.origin },
    policyAt: (simulatorUrl) => ({
      scenes: {
        default: { waits: SHOWN_WAIT },
        widget_first: { captcha: ['siteverify', 'picture'] },
        picture_first: { captcha: ['picture', 'siteverify'] },
      },
      captcha: {
        siteverify: {
          service: 'turnstile',
          url: `${simulatorUrl}/siteverify`,
          site_key: 'site-key-of-the-test',
          script: `${site.origin}/missing.js`,
        },
      },
      limits: { address: NO_LIMITS },
      step_up: { enabled: false },
    }),
  })
  api = system.apis[0]?.url ?? ''
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await system.stop()
  site.stop()
})

async function open(attributes = '') {
  const page = await openPage(browser, site.serve(pageOf(`<sms-code ${attributes}></sms-code>`, { api })))
  onTestFinished(() => page.close())
  return { page, ...createUser(page, system) }
}

describe('what the element shows belongs to the typed number', () => {
  it('the text about a message and the wait disappear beside another number and come back with theirs', async () => {
    const { find, shows, requestCode } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    await shows('status', '短信已发送')
    await shows('send', /秒后可重新获取/)
    await find('mobile').fill(aMobile())
    await shows('status', /^$/)
    await shows('send', '获取验证码')
    expect(await find('send').textContent()).toBe('获取验证码')
    await find('mobile').fill('')
    await shows('status', /^$/)
    await find('mobile').fill(mobile)
    await shows('status', '短信已发送')
    await shows('send', /秒后可重新获取/)
  })

  it('a reload keeps a number that only waits, and gives the wait to no other number', async () => {
    const [sent, throttled] = [aMobile(), aMobile()]
    const other = await open()
    await other.requestCode(throttled)
    await other.readMessage(throttled)

    const { page, find, shows, requestCode } = await open()
    await requestCode(throttled)
    await shows('send-error', '操作过于频繁')
    await page.reload()
    await expect.poll(() => find('mobile').inputValue()).toBe(throttled)
    await shows('send', /秒后可重新获取/)
    await shows('status', /^$/)

    await requestCode(sent)
    await shows('status', '短信已发送')
    await requestCode(throttled)
    await shows('send-error', '操作过于频繁')
    await page.reload()
    await expect.poll(() => find('mobile').inputValue()).toBe(sent)
    await shows('status', '短信已发送')
    await shows('send', '重新获取验证码')
    await find('mobile').fill(throttled)
    await shows('send', /秒后可重新获取/)
  })

  it('a code that does not fit an edited number names the number, and the message of the first number stays', async () => {
    const { find, shows, requestCode, receiveCode } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    const code = await receiveCode(mobile)
    await find('mobile').fill(aMobile())
    await find('sms-code').fill(code)
    await find('verify').click()
    await shows('code-error', '上一个验证码发送到了另一个手机号')
    await find('mobile').fill(mobile)
    await shows('status', '短信已发送')
    await find('sms-code').fill(wrong(code))
    await find('verify').click()
    await shows('code-error', /还可以再试/)
    expect(await find('status').textContent()).toContain('短信已发送')
  })
})

it('a failed message whose wait goes on is not to be requested again until the wait is over', async () => {
  const { page, find, shows, requestCode } = await open()
  let counts = true
  await page.route('**/v1/sms_codes/*', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...toRecord(await response.json()), status: 'failed', counts } })
  })
  await requestCode(aMobile())
  await shows('send-error', '短信发送失败，请检查手机号，或在倒计时结束后重新获取验证码。')
  await shows('send', /秒后可重新获取/)
  counts = false
  await page.reload()
  await shows('send-error', '短信发送失败，请检查手机号，或重新获取验证码。')
  expect(await find('send').textContent()).toBe('重新获取验证码')
})

describe('a captcha service whose script does not load', () => {
  it('says so after each send, and another check is in reach', async () => {
    const { find, shows, requestCode, readMessage } = await open('scene="widget_first"')
    const mobile = aMobile()
    await shows('captcha-error', '安全验证加载失败')
    await find('mobile').fill(mobile)
    await find('send').click()
    await shows('captcha-error', '安全验证加载失败')
    await find('use-other').click()
    await shows('captcha-error', /^$/)
    await requestCode(mobile)
    expect(await readMessage(mobile)).toMatch(/^[0-9]{6}$/)
  })

  it('is loaded again, and then asks the user to complete its widget', async () => {
    const { page, find, shows } = await open('scene="widget_first"')
    await shows('captcha-error', '安全验证加载失败')
    const body = 'window.turnstile = { render: (node) => node.append("the widget"), reset() {} }'
    await page.route('**/missing.js', (route) => route.fulfill({ body, contentType: 'text/javascript' }))
    await find('mobile').fill(aMobile())
    await find('send').click()
    await page.getByText('the widget').waitFor()
    await find('send').click()
    await shows('captcha-error', '请完成安全验证')
    expect(await page.getByText('the widget').count()).toBe(1)
  })

  it('is left again for the picture', async () => {
    const { find, shows, readPicture } = await open('scene="picture_first"')
    await readPicture()
    await find('use-other').click()
    await shows('captcha-error', '安全验证加载失败')
    await shows('use-other', '换一种验证方式')
    await find('use-other').click()
    await readPicture()
    expect(await find('captcha-error').textContent()).toBe('')
    await shows('use-other', '看不清图片')
  })
})

it.each([
  ['+852 9123 4567', '暂不支持该国家或地区的手机号'],
  ['010-62345678', '该号码是固定电话'],
  ['0755 1234 5678', '该号码是固定电话'],
  ['+86 138 0013 800', '手机号不正确'],
  ['013800138000', '手机号不正确'],
])('the number %s is refused before the send, with the reason %s', async (typed, reason) => {
  const { find, shows, focused } = await open()
  await find('mobile').fill(typed)
  await find('send').click()
  await shows('mobile-error', reason)
  expect(await focused()).toBe('mobile')
})

it('a pasted text with several numbers fills the field and costs no guess, and a message is verified at once', async () => {
  const { page, find, shows, requestCode, receiveCode, paste, receipt } = await open()
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'])
  const mobile = aMobile()
  let guesses = 0
  page.on('request', (request) => (guesses += request.url().endsWith('/verify') ? 1 : 0))
  await requestCode(mobile)
  const code = await receiveCode(mobile)
  await paste('sms-code', '202611 202612')
  await expect.poll(() => find('sms-code').inputValue()).toBe('202611')
  await find('sms-code').fill('')
  await paste('sms-code', `【美多2026】订单202611的验证码是${code}，请勿泄露。`)
  await shows('status', '手机号验证成功')
  expect(await receipt()).not.toBe('')
  expect(guesses).toBe(1)
})

it('a connection error of a send disappears when a picture loads again', async () => {
  const { page, find, shows, requestCode } = await open()
  await page.route('**/v1/sms_codes', (route) => route.abort())
  await requestCode(aMobile())
  await shows('send-error', '无法连接到服务')
  await find('refresh').click()
  await shows('send-error', /^$/)
  expect(await find('send').textContent()).toBe('获取验证码')
})

describe('the page can treat the element as an <input>', () => {
  it('by the properties of its attributes and its validity', async () => {
    const { page, find } = await open('disabled required name="a"')
    const read = () =>
      page.evaluate(
        `[document.querySelector('sms-code')].map(({ name, required, disabled, value, form, validity }) => ({ name, required, disabled, value, form, isMissing: validity.valueMissing }))[0]`,
      )
    const given = { name: 'a', required: true, disabled: true, value: '', form: null, isMissing: true }
    expect(await read()).toEqual(given)
    expect(await find('mobile').isDisabled()).toBe(true)
    await page.evaluate(`Object.assign(document.querySelector('sms-code'), { name: 'b', disabled: false })`)
    expect(await read()).toEqual({ ...given, name: 'b', disabled: false })
    expect(await find('mobile').isDisabled()).toBe(false)
    const checks = `[document.querySelector('sms-code')].map((node) => [node.checkValidity(), node.reportValidity()])[0]`
    expect(await page.evaluate(checks)).toEqual([false, false])
    await page.evaluate(`document.querySelector('sms-code').required = undefined`)
    expect(await read()).toMatchObject({ required: false, isMissing: false })
    expect(await page.evaluate(checks)).toEqual([true, true])
  })

  it('by properties that it sets before the script runs', async () => {
    const early = `<sms-code></sms-code><script>Object.assign(document.querySelector('sms-code'), { required: true, name: 'r', mobile: '13800138000' })</script>`
    const page = await openPage(browser, site.serve(pageOf(early, { api })))
    onTestFinished(() => page.close())
    await expect.poll(() => page.locator('#mobile').inputValue()).toBe('13800138000')
    expect(await page.locator('sms-code').getAttribute('name')).toBe('r')
    expect(await page.locator('sms-code').getAttribute('required')).toBe('')
  })

  it('by a missing value, which empties the field', async () => {
    const { page, find } = await open('mobile="13800138000"')
    await page.evaluate(`Object.assign(document.querySelector('sms-code'), { code: 5, mobile: undefined })`)
    expect([await find('mobile').inputValue(), await find('sms-code').inputValue()]).toEqual(['', '5'])
    await page.evaluate(`document.querySelector('sms-code').code = null`)
    expect(await find('sms-code').inputValue()).toBe('')
  })
})
