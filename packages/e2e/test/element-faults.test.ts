import type { Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold, run } from './element-page.ts'
import { aMobile, wrong } from './system.ts'
import { HTTP_SITE, startElementSystem, type ElementSystem } from './element-system.ts'

let element: ElementSystem
beforeAll(async () => {
  element = await startElementSystem()
})
afterAll(() => element.stop())
const open: ElementSystem['open'] = (...given) => element.open(...given)

const SEND = /\/v1\/sms_codes$/
const VERIFY = /\/v1\/sms_codes\/verify$/
const STATUS = /\/v1\/sms_codes\/[^/]+$/

/** Answers a call in place of the API. */
const answer = (route: Route, status: number, body: object) =>
  route.fulfill({ status, json: body, headers: { 'access-control-allow-origin': '*' } })

describe('a step that throws leaves usable buttons', () => {
  it.each([
    ['send', 'send', '获取验证码'],
    ['verify', 'verify', '验证'],
  ])('in %s', async (method, button, label) => {
    const { page, find, readPicture, shows } = await open()
    await find('mobile').fill(aMobile())
    await find('image-code').fill(await readPicture())
    await find('sms-code').fill('123456')
    await run(
      page,
      `element.client.${method} = async () => { window.hasThrown = true; throw new Error('test') }`,
    )
    await find(button).click()
    await expect.poll(() => page.evaluate('window.hasThrown')).toBe(true)
    await shows(button, label)
    expect(await find(button).getAttribute('aria-disabled')).toBe('false')
  })

  it('because the page has removed the widget, which is then shown again', async () => {
    const { page, find, shows } = await open('scene="widget"')
    const widget = page.getByText('site-key-of-the-test')
    await widget.click()
    await run(page, `turnstile.reset = () => { throw new Error('no such widget') }`)
    await find('mobile').fill(aMobile())
    await find('send').click()
    await shows('send', /秒后可重新获取$/)
    await find('mobile').fill(aMobile())
    await widget.click()
    await find('send').click()
    await shows('send', /秒后可重新获取$/)
    expect(await page.evaluate('removes')).toBe('the widget')
  })
})

describe('a widget that is removed', () => {
  it('before its script has loaded is never drawn', async () => {
    const { page, shows } = await open()
    await shows('send', '获取验证码')
    // The system serves the script of the widget before any page.
    const { arrival, release } = await hold(page, /\/page-0$/)
    await run(page, `element.setAttribute('scene', 'widget')`)
    await arrival
    await run(page, `element.removeAttribute('scene')`)
    await run(page, `element.setAttribute('scene', 'widget')`)
    await run(page, 'document.forms[0].reset()')
    await page.waitForFunction(`document.querySelectorAll('sms-code > [slot=widget]').length === 1`)
    await release()
    await page.getByText('site-key-of-the-test').waitFor()
    expect(await page.evaluate('renders.length')).toBe(1)
  })

  it('tells the form neither an error nor a token', async () => {
    const { page, find, shows, text } = await open('scene="widget"')
    await page.getByText('site-key-of-the-test').waitFor()
    await run(page, `element.removeAttribute('scene')`)
    await run(page, `element.setAttribute('scene', 'widget')`)
    await page.waitForFunction('renders.length === 2')
    await run(page, `renders[0]['error-callback'](); renders[0].callback('old')`)
    expect(await text('captcha-error')).toBe('')
    await find('mobile').fill(aMobile())
    await find('send').click()
    await shows('captcha-error', '请完成安全验证')
  })
})

it('a picture that fails after the user has chosen the calculation shows no error', async () => {
  const { page, find, readPicture, text } = await open()
  await readPicture()
  const { arrival, release } = await hold(page, /\/image_codes\//)
  await find('refresh').click()
  await arrival
  await find('use-other').click()
  await release((route) => route.abort())
  await expect.poll(() => find('picture').getAttribute('data-missing')).not.toBeNull()
  expect(await text('captcha-error')).toBe('')
})

describe('a captcha that the page cannot show', () => {
  it('is an error for the user and for the developer if it is the only one', async () => {
    const { find, lines, shows } = await open('scene="proof"', { origin: HTTP_SITE })
    await shows('send-error', '尚未正确配置')
    await find('send').click()
    await shows('send-error', '尚未正确配置')
    await expect.poll(() => lines.join('\n')).toContain('can show no captcha of the scene "proof"')
  })

  it('keeps the picture and asks the user to wait if the API asks for a proof', async () => {
    const { page, find, requestCode, shows } = await open('', { origin: HTTP_SITE })
    await page.route(SEND, (route) => answer(route, 403, { code: '4001', errmsg: '', challenge: 'proof' }))
    await requestCode(aMobile())
    await shows('send-error', '操作过于频繁')
    expect(await find('picture').isVisible()).toBe(true)
    expect(await find('captcha-error').textContent()).toBe('')
  })

  it('is told from a calculation that the API refused', async () => {
    const { page, find, requestCode, shows } = await open()
    let sends = 0
    await page.route(SEND, (route) =>
      ++sends === 1
        ? answer(route, 403, { code: '4001', errmsg: '', challenge: 'proof' })
        : answer(route, 400, { code: '4001', errmsg: '' }),
    )
    await requestCode(aMobile())
    await shows('send-error', '安全计算未通过')
    expect(await find('captcha-error').textContent()).toBe('')
  })
})

it('an address without an API is an error for the user and for the developer', async () => {
  const { lines, shows } = await open(`base-url="${element.site.origin}"`)
  await shows('send-error', '尚未正确配置')
  await expect
    .poll(() => lines.join('\n'))
    .toContain(`no sms-codes API answers at ${element.site.origin}; set base-url`)
})

it('a refusal without a text of its own follows a change of the language', async () => {
  const { page, requestCode, shows, text } = await open()
  await page.route(SEND, (route) => answer(route, 400, { code: '5006', errmsg: '参数错误' }))
  await requestCode(aMobile())
  await shows('send-error', '请求被拒绝')
  await page.evaluate('document.documentElement.lang = "en"')
  await expect.poll(() => text('send-error')).toContain('The request was not accepted')
})

it('a service that is busy and says when to try again has not spent the picture', async () => {
  const { page, find, requestCode, shows } = await open()
  await page.route(SEND, (route) => answer(route, 503, { code: '5000', errmsg: '', retry_after: 5 }))
  await requestCode(aMobile())
  const before = await find('picture').getAttribute('src')
  await shows('send-error', '服务暂时不可用')
  expect(await find('picture').getAttribute('src')).toBe(before)
  await page.unroute(SEND)
  await find('send').click()
  await shows('send', /秒后可重新获取$/)
})

it('the error that the service is away goes when the API describes the scene after all', async () => {
  const { page, find, shows, text } = await open()
  await page.route(/\/v1\/scenes\//, (route) => answer(route, 502, {}))
  await run(page, `element.setAttribute('scene', 'mail')`)
  await shows('send-error', '服务暂时不可用')
  await page.unroute(/\/v1\/scenes\//)
  await find('verify').click()
  await shows('mobile-error', '请输入手机号')
  expect(await text('send-error')).toBe('')
})

describe('the error of a send, when another picture shows that the API answers,', () => {
  const PICTURE = /\/image_codes\//
  type Visitor = Awaited<ReturnType<typeof open>>
  /** Ends when the element knows of the next picture. */
  const nextPicture = ({ find }: Visitor) =>
    find('picture').evaluate(
      (picture) =>
        new Promise<void>((resolve) => picture.addEventListener('load', () => resolve(), { once: true })),
    )
  const hasPicture = ({ find }: Visitor) =>
    find('picture').evaluate(
      (picture) => picture instanceof HTMLImageElement && picture.complete && picture.naturalWidth > 0,
    )
  const refresh = (user: Visitor) => Promise.all([nextPicture(user), user.find('refresh').click()])

  it.each([
    ['does not answer', '无法连接到服务', (route: Route) => route.abort()],
    ['answers 502', '服务暂时不可用', (route: Route) => answer(route, 502, {})],
    ['answers 503', '服务暂时不可用', (route: Route) => answer(route, 503, { code: '5000', errmsg: '' })],
  ])('goes if the service %s', async (_name, error, refuse) => {
    const user = await open()
    const { page, find, requestCode, readPicture, shows, text } = user
    await page.route(SEND, refuse)
    await find('mobile').fill(aMobile())
    await find('image-code').fill(await readPicture())
    await page.route(PICTURE, refuse)
    await find('send').click()
    await shows('send-error', error)
    await find('refresh').click()
    await shows('captcha-error', '图片加载失败')
    expect(await text('send-error')).toContain(error)
    await page.unroute(PICTURE)
    await refresh(user)
    expect([await text('send-error'), await text('captcha-error')]).toEqual(['', ''])
    await page.unroute(SEND)
    await requestCode(aMobile())
    await shows('status', '短信已发送')
  })

  it('stays if the picture has followed the send by itself', async () => {
    const user = await open()
    const { page, requestCode, shows, text } = user
    await page.route(SEND, (route) => answer(route, 502, {}))
    await expect.poll(() => hasPicture(user)).toBe(true)
    await Promise.all([nextPicture(user), requestCode(aMobile())])
    await shows('send-error', '服务暂时不可用')
    // The next picture may have followed the answer only now.
    await expect.poll(() => hasPicture(user)).toBe(true)
    expect(await text('send-error')).toContain('服务暂时不可用')
  })

  it('stays for the wait that the API has named', async () => {
    const user = await open()
    const { page, requestCode, shows, text } = user
    await page.clock.install()
    await page.reload()
    await page.route(SEND, (route) => answer(route, 503, { code: '5000', errmsg: '', retry_after: 60 }))
    await expect.poll(() => hasPicture(user)).toBe(true)
    await requestCode(aMobile())
    await shows('send-error', '服务暂时不可用')
    await refresh(user)
    expect(await text('send-error')).toContain('服务暂时不可用')
    await page.clock.fastForward('01:00')
    await refresh(user)
    expect(await text('send-error')).toBe('')
  })

  it('of a verify names the same time at each drawing', async () => {
    const { page, find, shows, text } = await open()
    await page.clock.install()
    await page.reload()
    await page.route(VERIFY, (route) => answer(route, 429, { code: '4002', errmsg: '', retry_after: 600 }))
    await find('mobile').fill(aMobile())
    await find('sms-code').fill('123456')
    await find('verify').click()
    await shows('code-error', /\d:\d\d/)
    const before = await text('code-error')
    await page.clock.fastForward('03:00')
    await find('image-code').fill('AB')
    expect(await text('code-error')).toBe(before)
  })

  it('stays if it is a throttle', async () => {
    const user = await open()
    const { page, requestCode, shows, text } = user
    await page.route(SEND, (route) => answer(route, 429, { code: '4002', errmsg: '' }))
    await expect.poll(() => hasPicture(user)).toBe(true)
    await requestCode(aMobile())
    await shows('send-error', '操作过于频繁')
    await refresh(user)
    expect(await text('send-error')).toContain('操作过于频繁')
  })
})

it('the number cannot change while its code is verified, and the receipt belongs to the number that is shown', async () => {
  const { page, find, events, readMessage, requestCode, shows } = await open()
  const mobile = aMobile()
  await requestCode(mobile)
  await shows('send', /秒后可重新获取$/)
  const { arrival, release } = await hold(page, VERIFY)
  await find('sms-code').fill(await readMessage(mobile))
  await find('verify').click()
  await arrival
  expect(await find('mobile').isEditable()).toBe(false)
  await run(page, `element.mobile = '${aMobile()}'`)
  await release()
  await shows('status', '手机号验证成功')
  expect(await run(page, 'element.mobile')).toBe(mobile)
  expect((await events()).at(-1)?.detail).toMatchObject({ mobile })
})

it('a button that disappears passes its focus on, also while another window is in front', async () => {
  const { page, find, focused, readMessage, requestCode, shows } = await open()
  const mobile = aMobile()
  await requestCode(mobile)
  await shows('send', /秒后可重新获取$/)
  const { arrival, release } = await hold(page, VERIFY)
  await find('sms-code').fill(await readMessage(mobile))
  await find('verify').focus()
  await page.keyboard.press('Enter')
  await arrival
  // Otherwise each page believes that it has the focus.
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setFocusEmulationEnabled', { enabled: false })
  const other = await page.context().newPage()
  await expect.poll(() => page.evaluate('document.hasFocus()')).toBe(false)
  await release()
  await shows('status', '手机号验证成功')
  expect(await focused()).toBe('sms-code')
  await other.close()
})

/** Plays a browser with WebOTP: `tapMessage(code)` is the tap of the user on the suggestion. */
const WEB_OTP = `window.OTPCredential = class {}
window.waits = 0
navigator.credentials.get = () => new Promise((resolve) => {
  window.waits += 1
  window.tapMessage = (code) => resolve({ type: 'otp', code })
})`

describe('an element', () => {
  it('that leaves the page during a send follows the message when it is back', async () => {
    const { page, find, requestCode, shows } = await open('', { more: WEB_OTP })
    const { arrival, release } = await hold(page, SEND)
    const sent = page.waitForResponse((response) => SEND.test(response.url()))
    await requestCode(aMobile())
    await arrival
    await run(page, 'window.element = element; element.remove()')
    await release()
    await (await sent).finished()
    await expect.poll(() => run(page, 'element.client.last()')).not.toBeNull()
    await run(page, 'document.body.append(element)')
    await shows('send', /秒后可重新获取$/)
    expect(await page.evaluate('waits')).toBe(1)
    expect(await find('mobile').isEditable()).toBe(true)
  })

  it('ignores an old answer about the message', async () => {
    const { page, events, requestCode, shows, text } = await open()
    const { arrival, release } = await hold(page, STATUS)
    await requestCode(aMobile())
    await arrival
    const next = page.waitForResponse((response) => STATUS.test(response.url()))
    await run(page, 'const { parentNode } = element; element.remove(); parentNode.append(element)')
    await next
    const failed = {
      code: '0',
      errmsg: '',
      status: 'failed',
      channel: 'sms',
      sends: 1,
      counts: false,
      times: {},
    }
    await release((route) => answer(route, 200, failed))
    await shows('send', '重新获取验证码')
    expect(await text('send-error')).toBe('')
    expect((await events()).map(({ type }) => type)).toEqual(['sms-code:sent'])
  })

  it.each(['read', 'constructor'])(
    'keeps its text when the status is the unknown word %s',
    async (status) => {
      const { page, requestCode, shows, text } = await open()
      let answers = 0
      await page.route(STATUS, (route) => {
        answers += 1
        return answer(route, 200, {
          code: '0',
          errmsg: '',
          status,
          channel: 'sms',
          sends: 1,
          counts: true,
          times: {},
        })
      })
      await requestCode(aMobile())
      // The element asks again only after it has read an answer.
      await expect.poll(() => answers).toBeGreaterThan(1)
      await shows('send', /秒后可重新获取$/)
      expect(await text('status')).toBe('正在发送短信，请稍候。')
    },
  )

  it('verifies no code of a message for another number, and none while it is disabled', async () => {
    const { page, find, readMessage, requestCode, shows } = await open('', { more: WEB_OTP })
    const verifies: string[] = []
    page.on('request', (request) => VERIFY.test(request.url()) && verifies.push(request.url()))
    for (const prevent of [`element.mobile = '${aMobile()}'`, `element.setAttribute('disabled', '')`]) {
      await find('mobile').fill('')
      await run(page, `element.removeAttribute('disabled')`)
      const next = aMobile()
      await requestCode(next)
      await shows('send', /秒后可重新获取$/)
      await run(page, prevent)
      await run(page, `tapMessage('${wrong(await readMessage(next))}')`)
      await run(page, 'Promise.resolve()')
      expect(await find('sms-code').inputValue()).toBe('')
      expect(await find('verify').textContent()).toBe('验证')
    }
    expect(verifies).toEqual([])
  })

  it('whose form is reset shows nothing of the message before', async () => {
    const { page, find, requestCode, shows, text } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    await shows('status', /短信/)
    await run(page, 'document.forms[0].reset()')
    await find('mobile').fill(mobile)
    await shows('send', /秒后可重新获取$/)
    expect(await text('status')).toBe('')
  })

  it('keeps the code that the page set before', async () => {
    const { page } = await open()
    const script = `const made = document.createElement('sms-code')
      made.code = '123 456'
      const early = made.code
      document.body.append(made)`
    expect(await page.evaluate(`{ ${script}; [early, made.code] }`)).toEqual(['123 456', '123456'])
  })
})

describe('a receipt', () => {
  const verify = async ({ receiveCode, requestCode, find, shows }: Awaited<ReturnType<typeof open>>) => {
    const mobile = aMobile()
    await requestCode(mobile)
    await find('sms-code').fill(await receiveCode(mobile))
    await find('verify').click()
    await shows('status', '手机号验证成功')
    return mobile
  }
  /** Records in `restored` what the browser gives back to the element. */
  const WATCH_RESTORE = `const define = customElements.define.bind(customElements)
    customElements.define = (name, type) => {
      type.prototype.formStateRestoreCallback = (state) => { window.restored = state }
      define(name, type)
    }`
  const POSTED = 'new FormData(document.forms[0]).get("receipt")'

  it('that is too old for the back end is gone, and the user is asked to request another code', async () => {
    const user = await open('name="receipt" required')
    const { page, events, find, receipt, shows } = user
    await page.clock.install()
    await page.reload()
    const mobile = await verify(user)
    await page.clock.fastForward('09:00')
    expect(await receipt()).not.toBe('')
    await page.clock.fastForward('01:00')
    await shows('send-error', '验证已过期')
    expect(await page.evaluate(POSTED)).toBeNull()
    expect(await run(page, `element.matches(':invalid')`)).toBe(true)
    expect(await find('mobile').inputValue()).toBe(mobile)
    expect((await events()).at(-1)?.type).toBe('change')
  })

  it('is not restored by the history of the browser', async () => {
    const user = await open('name="receipt"', { more: WATCH_RESTORE })
    const { page, shows } = user
    await verify(user)
    expect(await page.evaluate(POSTED)).not.toBeNull()
    await page.goto(element.site.serve('<!doctype html><title>Next</title>'))
    await page.goBack()
    await shows('send', '获取验证码')
    expect(await page.evaluate('String(window.restored ?? "")')).toBe('')
    expect(await page.evaluate(POSTED)).toBeNull()
  })

  it('is watched only while the element is in the page', async () => {
    const user = await open('name="receipt"')
    const { page, events, receipt, shows } = user
    await page.clock.install()
    await page.reload()
    await verify(user)
    await run(page, 'window.place = element.parentNode; element.remove()')
    const before = (await events()).length
    await page.clock.fastForward('10:00')
    expect(await run(page, 'element.receipt')).not.toBe('')
    await run(page, 'place.append(element)')
    expect(await receipt()).toBe('')
    await shows('send-error', '验证已过期')
    expect((await events()).slice(before).map(({ type }) => type)).toEqual(['change'])
  })

  it('that another form of the page has posted is gone too', async () => {
    const user = await open('name="receipt"')
    const { page, receipt, shows } = user
    await verify(user)
    await run(
      page,
      `window.later = document.createElement('form')
      document.body.append(later)
      later.append(element)`,
    )
    expect(await receipt()).not.toBe('')
    expect(await page.evaluate('new FormData(later).get("receipt")')).toBe(await receipt())
    await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`)
    await shows('send-error', '验证已过期')
    expect(await receipt()).toBe('')
  })

  it('that was posted is gone when the history of the browser shows the page as it was', async () => {
    const user = await open('name="receipt"')
    const { page, receipt, shows } = user
    await verify(user)
    // Playwright switches off the cache that keeps whole pages.
    const comeBack = () =>
      page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`)
    await comeBack()
    expect(await receipt()).not.toBe('')
    expect(await page.evaluate(POSTED)).not.toBeNull()
    await comeBack()
    await shows('send-error', '验证已过期，请重新获取验证码')
    expect(await receipt()).toBe('')
    expect(await page.evaluate(POSTED)).toBeNull()
  })
})
