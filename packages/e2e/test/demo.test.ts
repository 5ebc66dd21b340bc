// The demo page with `<sms-code>` in a browser. The page is the simulator's; the element and its calls are the API's.
import { randomBytes } from 'node:crypto'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from './browser.ts'
import { fieldsOf, openDemoPage, topsOf, type DemoOptions, type DemoPage } from './demo-page.ts'
import { axeFaults, contrastOf } from './element-page.ts'
import { aMobile, startSystem, wrong, type System } from './system.ts'

const KEY = randomBytes(32).toString('hex')
const MANY = ['1000/60s']

let system: System
let browser: BrowserContext
let demo: DemoPage

beforeAll(async () => {
  system = await startSystem({
    receipts: true,
    env: { API_KEYS: `demo:${KEY}`, DEMO_API_KEY: KEY },
    policy: {
      scenes: { default: { fallback: true }, pin: { length: 8 }, rare: { sends: ['1/1h'] } },
      limits: { address: { images: MANY, attempts: MANY, sends: MANY, verifies: MANY } },
    },
  })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await system.stop()
})
afterEach(async () => {
  await demo.page.close()
  await system.resetSimulator()
})

async function open(options?: DemoOptions) {
  demo = await openDemoPage(browser, system, options)
  return demo
}

/** Ends the life of all codes. */
async function expireCodes(): Promise<void> {
  for (const key of await system.redis.keys('sms:{*}:code:default'))
    await system.redis.hset(key, 'expires_at', 1)
}

describe('the form of the demo page', () => {
  it('keeps pasted numbers and codes whole', async () => {
    const { page, answerPicture } = await open()
    const mobile = aMobile()
    await page.focus('#mobile')
    await page.keyboard.insertText(` +86 ${mobile.slice(0, 3)}-${mobile.slice(3, 7)}-${mobile.slice(7)} `)
    await expect.poll(() => page.inputValue('#mobile')).toBe(mobile)
    await answerPicture()
    await page.click('#send')
    await page.locator('#send', { hasText: /\d/ }).waitFor()
    const message = page.locator('#phone .message[data-code]')
    const code = (await message.getAttribute('data-code')) ?? ''
    const wide = code.replaceAll(/\d/g, (digit) => String.fromCodePoint(Number(digit) + 0xff10))
    await page.focus('#sms-code')
    await page.keyboard.insertText(`${wide.slice(0, 3)} ${wide.slice(3)}`)
    await page.click('#verify')
    await page.locator('#receipt', { hasText: '经短信验证' }).waitFor()
    expect(await page.inputValue('#sms-code')).toBe(code)
  })

  it('remembers the number, the countdown, the request and its message over a reload', async () => {
    const { page, requestCode, reached } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    await reached('delivered')
    const request = await page.getAttribute('#status-note', 'title')
    await page.reload()
    await page.locator('#send', { hasText: /^\d+ 秒/ }).waitFor()
    expect(await page.inputValue('#mobile')).toBe(mobile)
    await page.locator('#phone .message[data-code]').waitFor()
    await reached('delivered')
    expect(await page.getAttribute('#status-note', 'title')).toBe(request)
  })

  it('shows a refused send beside its button, and a long wait as a time of day', async () => {
    const { page, answerPicture, useScene } = await open()
    await useScene('rare')
    const mobile = aMobile()
    await system.post('/v1/sms_codes', { mobile, scene: 'rare', ...(await system.captcha()) })
    await page.fill('#mobile', mobile)
    await answerPicture()
    await page.click('#send')
    await page.locator('#send-error', { hasText: '操作过于频繁' }).waitFor()
    await page.locator('#wait', { hasText: /\d\d:\d\d/ }).waitFor()
    expect(await page.innerText('#send')).not.toMatch(/\d/)
    expect(await page.innerText('#code-error')).toBe('')
    const tops = await topsOf(page.locator('#send'), page.locator('#send-error'), page.locator('#sms-code'))
    expect(tops).toEqual(tops.toSorted((a, b) => a - b))
  })

  it('shows a wrong code between the field, which names the message, and the button', async () => {
    const { page, requestCode, verify } = await open()
    const code = await requestCode(aMobile())
    await verify(wrong(code))
    await page.locator('#code-error', { hasText: '还可以再试 4 次' }).waitFor()
    expect(await page.getAttribute('#sms-code', 'aria-describedby')).toContain('code-error')
    expect(await page.getAttribute('#sms-code', 'aria-invalid')).toBe('true')
    const tops = await topsOf(page.locator('#sms-code'), page.locator('#code-error'), page.locator('#verify'))
    expect(tops).toEqual(tops.toSorted((a, b) => a - b))
  })

  it('tells an expired code from a wrong one, and the progress says so too', async () => {
    const { page, requestCode, step, errors, verify, reached } = await open()
    const mobile = aMobile()
    const code = await requestCode(mobile)
    await reached('delivered')
    await expireCodes()
    await verify(code)
    await page.locator('#code-error', { hasText: '验证码已过期' }).waitFor()
    await step('verified').filter({ hasText: '已过期' }).waitFor()
    expect(await step('arrived').innerText()).toContain('已送达')
    expect(errors).toEqual([])
  })

  it('shows that a code has expired as soon as its time is over', async () => {
    const { page, requestCode, step, errors, reached } = await open()
    await requestCode(aMobile())
    await reached('delivered')
    await page.clock.install()
    await page.reload()
    await reached('delivered')
    await page.clock.fastForward('05:01')
    await step('verified').filter({ hasText: '已过期' }).waitFor()
    expect(errors).toEqual([])
  })

  it('tells a used code from a wrong one, and the progress says so too, also after a reload', async () => {
    const { page, requestCode, step, verify, reached } = await open()
    const mobile = aMobile()
    const code = await requestCode(mobile)
    await reached('delivered')
    expect((await system.verify(mobile, code)).status).toBe(200)
    await verify(code)
    await page.locator('#code-error', { hasText: '已使用' }).waitFor()
    await step('verified').filter({ hasText: '已作废' }).waitFor()
    await page.reload()
    await step('verified').filter({ hasText: '已作废' }).waitFor()
    expect(await step('arrived').innerText()).toContain('已送达')
  })

  it('shows no error when Enter is pressed after success', async () => {
    const { page, requestCode, verify } = await open()
    await verify(await requestCode(aMobile()))
    await page.locator('#receipt', { hasText: '经短信验证' }).waitFor()
    await page.press('#sms-code', 'Enter')
    await page.press('#mobile', 'Enter')
    const texts = await page.locator('sms-code .error').allInnerTexts()
    expect(texts).toEqual(['', '', '', ''])
    expect(await page.isVisible('#receipt')).toBe(true)
  })

  it('keeps the solved picture when the number is wrong', async () => {
    const { page, answerPicture, pictureAddress, reached } = await open()
    await page.fill('#mobile', '12345')
    await answerPicture()
    const [address, text] = [await pictureAddress(), await page.inputValue('#image-code')]
    await page.click('#send')
    await page.locator('#mobile-error', { hasText: '手机号' }).waitFor()
    expect([await pictureAddress(), await page.inputValue('#image-code')]).toEqual([address, text])
    await page.fill('#mobile', aMobile())
    await page.click('#send')
    await reached('delivered')
  })

  it('offers the proof of work after the picture, and sends only with the button', async () => {
    const { page, focusedId, reached } = await open()
    const sends: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') sends.push(request.url())
    })
    await page.locator('#picture').waitFor()
    await page.fill('#mobile', aMobile())
    await page.focus('#mobile')
    const order: string[] = []
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab')
      order.push(await focusedId())
    }
    expect(order).toEqual(['image-code', 'refresh', 'use-other', 'send', 'sms-code', 'verify'])
    await page.click('#use-other')
    await page.locator('#image-code').waitFor({ state: 'hidden' })
    expect(sends).toEqual([])
    await page.click('#send')
    await reached('delivered')
    expect(sends.filter((url) => url.endsWith('/v1/sms_codes'))).toHaveLength(1)
  })

  it('takes codes of the length that the scene has', async () => {
    const { page, answerPicture, useScene } = await open()
    await useScene('pin')
    const mobile = aMobile()
    await page.fill('#mobile', mobile)
    await answerPicture()
    await page.click('#send')
    await page.locator('#send', { hasText: /\d/ }).waitFor()
    await page.locator('#phone .message[data-code]').click()
    expect(await page.inputValue('#sms-code')).toMatch(/^\d{8}$/)
    await page.click('#verify')
    await page.locator('#receipt', { hasText: '经短信验证' }).waitFor()
  })

  it('says that a mail may carry the code, and when one did', async () => {
    const { page, answerPicture, step, errors } = await open()
    await page.locator('sms-code #status', { hasText: '邮箱' }).waitFor()
    const mobile = aMobile()
    await page.fill('#mobile', mobile)
    await page.fill('#email', 'li.lei@example.com')
    await page.click('#save-contact')
    await page.locator('#contact-note', { hasText: `已为 ${mobile} 保存` }).waitFor()
    await system.fault('160042')
    await answerPicture()
    await page.click('#send')
    await page.locator('sms-code #status', { hasText: '已发送到您的邮箱' }).waitFor()
    await step('arrived').filter({ hasText: '已改发邮件' }).waitFor()
    await page.locator('.letter').getByText('填入验证码').click()
    await page.click('#verify')
    await page.locator('#receipt', { hasText: '经邮件验证' }).waitFor()
    expect(errors).toEqual([])
  })
})

describe('the demo page', () => {
  it.each([360, 1280])(
    'shows the picture as it was drawn, and cuts nothing, at a width of %d',
    async (width) => {
      const { page } = await open({ width })
      await page.locator('#picture').waitFor()
      expect(await page.locator('#picture').boundingBox()).toMatchObject({ width: 160, height: 60 })
      expect(await page.isVisible('#docs-link')).toBe(true)
      expect(await page.getAttribute('#docs-link', 'href')).toBe(`${system.apis[0]?.url}/docs`)
      const fields = await fieldsOf(page)
      expect(fields.length).toBe(4)
      expect(fields.filter(({ px, cuts }) => px < 16 || cuts)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    },
  )

  it.each([
    ['light', 360],
    ['dark', 1440],
  ] as const)('has no fault that axe finds, in %s colours at a width of %d', async (colorScheme, width) => {
    const { page, requestCode, errors, verify } = await open({ width })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const mobile = aMobile()
    const code = await requestCode(mobile)
    await verify(wrong(code))
    await page.locator('#code-error', { hasText: '验证码不正确' }).waitFor()
    expect(await axeFaults(page)).toEqual([])
    await verify(code)
    await page.click('#receipt-redeem')
    await page.locator('#receipt-answer', { hasText: mobile }).waitFor()
    expect(await axeFaults(page)).toEqual([])
    expect(errors).toEqual([])
  })

  it('marks the language, the chosen faults and the state of each gateway in forced colours too', async () => {
    const { page } = await open()
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
    const gateway = page.locator('[data-gateway="ccp"]')
    const dot = () =>
      gateway.locator('legend').evaluate((legend) => {
        const { backgroundColor, borderRadius } = getComputedStyle(legend, '::before')
        return `${backgroundColor} ${borderRadius}`
      })
    const dots: string[] = []
    for (const [choice, label] of Object.entries({ works: '正常', slow: '变慢', down: '断线' })) {
      await gateway.getByText(label).click()
      await page.locator(`[data-gateway="ccp"][data-choice="${choice}"]`).waitFor()
      dots.push(await dot())
    }
    const background = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((node) => getComputedStyle(node).backgroundColor)
    const canvas = await background('body')
    expect(new Set(dots).size).toBe(3)
    expect(dots.filter((look) => look.startsWith(canvas))).toHaveLength(1)
    for (const [chosen, other] of [
      ['[aria-pressed="true"]', '[aria-pressed="false"]'],
      ['#breakage :checked + span', '#breakage :not(:checked) + span'],
    ] as const)
      expect(await background(chosen), `the background of ${chosen}`).not.toBe(await background(other))
    // The mouse is over the fault that was chosen last.
    expect(await contrastOf(gateway.locator(':checked + span'))).toBeGreaterThanOrEqual(4.5)
    expect(await contrastOf(page.locator('[aria-pressed="true"]'))).toBeGreaterThanOrEqual(4.5)
  })

  it('shows the code of a message in forced colours, light and dark', async () => {
    const { page, requestCode } = await open()
    await requestCode(aMobile())
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ forcedColors: 'active', colorScheme, reducedMotion: 'reduce' })
      expect(
        await contrastOf(page.locator('#phone mark')),
        `in ${colorScheme} colours`,
      ).toBeGreaterThanOrEqual(4.5)
    }
  })

  it('leaves the focus on the button that saves the address', async () => {
    const { page, focusedId } = await open()
    await page.fill('#mobile', aMobile())
    await page.fill('#email', 'li.lei@example.com')
    await page.focus('#save-contact')
    await page.keyboard.press('Enter')
    await page.locator('#contact-note', { hasText: '已为' }).waitFor()
    expect(await focusedId()).toBe('save-contact')
  })

  it('asks for a number in the form before it saves an address', async () => {
    const { page, focusedId } = await open()
    await page.fill('#email', 'li.lei@example.com')
    await page.click('#save-contact')
    await page.locator('#contact-note', { hasText: '请先在表单中填写手机号' }).waitFor()
    expect(await focusedId()).toBe('mobile')
  })

  it('translates every message that is already shown', async () => {
    const { page, requestCode, verify } = await open({ query: '?lang=en' })
    const code = await requestCode(aMobile())
    await page.locator('sms-code #status', { hasText: 'sent' }).waitFor()
    await verify(wrong(code))
    await page.locator('#code-error', { hasText: /\w/ }).waitFor()
    await page.fill('#email', 'li.lei@example.com')
    await page.click('#save-contact')
    await page.locator('#contact-note', { hasText: 'Saved for' }).waitFor()
    await page.route('**/_sim/script/clear', (route) => route.abort())
    await page.locator('[data-gateway="ccp"]').getByText('Down').click()
    await page.locator('#breakage-error', { hasText: 'could not be changed' }).waitFor()
    await page.click('[data-language="zh"]')
    expect(await page.innerText('#contact-note')).toContain('已为')
    expect(await page.innerText('#breakage-error')).toContain('故障设置失败')
    expect(await page.innerText('#code-error')).toContain('验证码不正确')
    expect(await page.innerText('sms-code #status')).toContain('短信')
    expect(await page.innerText('#phone .hint')).toBe('点按短信，填入验证码')
    expect(await page.getAttribute('#phone .message', 'aria-description')).toContain('填入验证码')
    const latin = /\b(code|sent|saved|request|enter|message|wrong|again)\b/i
    const texts = `${await page.innerText('main')}${(await page.locator('sms-code p').allInnerTexts()).join()}`
    // A received message stays in its language.
    const received = await page.innerText('#phone .message')
    expect(texts.replace(received, '').replaceAll('<sms-code>', '')).not.toMatch(latin)
  })

  it('gets its messages in its language, and a change of the language keeps the receipt', async () => {
    const { page, requestCode, verify } = await open({ query: '?lang=en' })
    await verify(await requestCode(aMobile()))
    const message = () => page.innerText('#phone .message')
    expect(await message()).toMatch(/Your code is \d{6}\. It is valid for 5 minutes/)
    await page.locator('#receipt', { hasText: 'verified by SMS' }).waitFor()
    await page.click('[data-language="zh"]')
    await page.locator('#receipt', { hasText: '经短信验证' }).waitFor()
    await page.click('#change-number')
    await requestCode(aMobile())
    expect(await message()).toMatch(/您的验证码是\d{6}，请于5分钟内正确输入/)
  })

  it('shows the receipt, what the back end gets for it, and that it is redeemed once', async () => {
    const { page, requestCode, step, verify } = await open()
    const mobile = aMobile()
    await verify(await requestCode(mobile))
    await page.locator('#receipt', { hasText: '经短信验证' }).waitFor()
    expect(await page.innerText('#receipt-jws')).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
    await step('verified').filter({ hasText: '已验证' }).waitFor()
    await page.click('#receipt-redeem')
    await page.locator('#receipt-answer', { hasText: `"mobile": "${mobile}"` }).waitFor()
    await page.click('#receipt-redeem')
    await page.locator('#receipt-answer', { hasText: '凭证已使用' }).waitFor()
    await page.click('#change-number')
    await page.locator('#receipt').waitFor({ state: 'hidden' })
  })

  it('names the API when the element cannot be loaded, and its other parts work', async () => {
    const { page, errors } = await open({ breakElement: true })
    await page.locator('#element-missing', { hasText: system.apis[0]?.url ?? '?' }).waitFor()
    await page.locator('[data-gateway="ccp"]').getByText('断线').click()
    await page.locator('[data-gateway="ccp"][data-choice="down"]').waitFor()
    expect(await page.isVisible('#element-missing')).toBe(true)
    expect(errors.join('\n')).toContain('ERR_FAILED')
  })
})
