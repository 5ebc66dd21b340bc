import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUser, hold, run } from './element-page.ts'
import { startElementSystem, type ElementSystem } from './element-system.ts'
import { aMobile, wrong } from './system.ts'

// What a form has begun outlives the form.

let element: ElementSystem
beforeAll(async () => {
  element = await startElementSystem()
})
afterAll(() => element.stop())
const open: ElementSystem['open'] = (...given) => element.open(...given)
type Visitor = Awaited<ReturnType<typeof open>>

const SEND = /\/v1\/sms_codes$/
const VERIFY = /\/v1\/sms_codes\/verify$/
const COUNTDOWN = /^\d+ 秒后可重新获取$/
const RESET = 'document.forms[0].reset()'

/** Begins a send or a verify, and returns what lets it go on. */
async function holdCall(page: Page, address: RegExp, begin: () => Promise<void>) {
  const { arrival, release } = await hold(page, address)
  const answered = page.waitForResponse((response) => address.test(response.url()))
  await begin()
  await arrival
  return async () => {
    await release()
    await (await answered).finished()
  }
}

async function type({ find, readMessage, shows }: Visitor, mobile: string): Promise<string> {
  // An accepted send empties the field of the code.
  await shows('send', COUNTDOWN)
  const code = await readMessage(mobile)
  await find('sms-code').fill(code)
  return code
}

async function verify(user: Visitor, mobile = aMobile()): Promise<string> {
  await user.requestCode(mobile)
  await type(user, mobile)
  await user.find('verify').click()
  await user.shows('status', '手机号验证成功')
  return mobile
}

describe('a send whose form is replaced before the answer', () => {
  it('by a reset counts down for its number, says that it was sent, and its code is guessed with its request', async () => {
    const user = await open()
    const { page, find, readMessage, requestCode, shows, text } = user
    const mobile = aMobile()
    const goOn = await holdCall(page, SEND, () => requestCode(mobile))
    await run(page, RESET)
    expect(await find('mobile').inputValue()).toBe('')
    await goOn()
    await shows('send', '获取验证码')
    expect(await text('status')).toBe('')
    await find('mobile').fill(mobile)
    await shows('send', COUNTDOWN)
    await shows('status', '短信已发送')
    await find('sms-code').fill(wrong(await readMessage(mobile)))
    await find('verify').click()
    await shows('code-error', '还可以再试 4 次')
  })

  it('by another element is taken over by that element, with its number', async () => {
    const user = await open()
    const { page, find, requestCode, shows } = user
    const mobile = aMobile()
    const goOn = await holdCall(page, SEND, () => requestCode(mobile))
    await run(page, 'document.forms[0].innerHTML = document.forms[0].innerHTML')
    await goOn()
    await shows('send', COUNTDOWN)
    await shows('status', '短信已发送')
    expect(await find('mobile').inputValue()).toBe(mobile)
    await type(user, mobile)
    await find('verify').click()
    await shows('status', '手机号验证成功')
  })
})

it('a send that was refused ends what the new element takes over', async () => {
  const { page, find } = await open()
  await find('mobile').fill(aMobile())
  await find('image-code').fill('wrong')
  const goOn = await holdCall(page, SEND, () => find('send').click())
  await run(page, 'document.forms[0].innerHTML = document.forms[0].innerHTML')
  await goOn()
  await run(page, `document.body.insertAdjacentHTML('beforeend', '<sms-code></sms-code>')`)
  const other = createUser(page, element.system, 'body > sms-code')
  await other.requestCode(aMobile())
  await other.shows('send', COUNTDOWN)
  await createUser(page, element.system, 'form sms-code').shows('send', '获取验证码')
  expect(await page.locator('form sms-code').locator('#mobile').inputValue()).toBe('')
})

it('other elements of the scene show the wait of the number that they have, and keep another number', async () => {
  const { page } = await open()
  const [mobile, other] = [aMobile(), aMobile()]
  const others = [`mobile="${mobile}"`, `mobile="${other}"`, ''].map(
    (given) => `<sms-code ${given}></sms-code>`,
  )
  await run(page, `document.body.insertAdjacentHTML('beforeend', '${others.join('')}')`)
  await createUser(page, element.system, 'form sms-code').requestCode(mobile)
  const states = () =>
    page.evaluate(() =>
      Array.from(document.querySelectorAll('sms-code'), ({ shadowRoot }) => [
        shadowRoot?.querySelector<HTMLInputElement>('#mobile')?.value,
        /\d 秒/.test(shadowRoot?.querySelector('#send')?.textContent ?? ''),
      ]),
    )
  await expect.poll(states).toEqual([
    [mobile, true],
    [mobile, true],
    [other, false],
    ['', false],
  ])
})

describe('a verified number', () => {
  it('waits on after a reload, and when the user wants another number', async () => {
    const user = await open()
    const { page, find, shows } = user
    const mobile = await verify(user)
    await find('change-number').click()
    expect(await find('mobile').inputValue()).toBe('')
    await find('mobile').fill(mobile)
    await shows('send', COUNTDOWN)
    await page.reload()
    await shows('send', '获取验证码')
    expect(await find('mobile').inputValue()).toBe('')
    await find('mobile').fill(mobile)
    await shows('send', COUNTDOWN)
    expect(await find('picture').isVisible()).toBe(false)
  })

  it('keeps its receipt while the element shows another scene', async () => {
    const user = await open('name="receipt"')
    const { page, events, find, receipt, shows } = user
    const mobile = await verify(user)
    const before = await receipt()
    await run(page, `element.setAttribute('scene', 'slow')`)
    expect(await receipt()).toBe('')
    await shows('send', '获取验证码')
    await run(page, `element.removeAttribute('scene')`)
    expect(await receipt()).toBe(before)
    expect(await find('mobile').inputValue()).toBe(mobile)
    await shows('status', '手机号验证成功')
    expect((await events()).filter(({ type: name }) => name === 'change')).toHaveLength(3)
  })

  it('has lost its receipt if the receipt became too old meanwhile', async () => {
    const user = await open('name="receipt"')
    const { page, receipt, shows } = user
    await page.clock.install()
    await page.reload()
    await verify(user)
    await run(page, `element.setAttribute('scene', 'slow')`)
    await page.clock.fastForward('10:00')
    await run(page, `element.removeAttribute('scene')`)
    expect(await receipt()).toBe('')
    await shows('send-error', '验证已过期')
  })

  it('loses its receipt in time although the clock of the device is set back', async () => {
    const user = await open('name="receipt"')
    const { page, receipt, shows } = user
    await page.clock.install()
    await page.reload()
    await verify(user)
    await page.clock.setSystemTime(Date.now() - 86_400_000)
    await page.clock.fastForward('09:00')
    expect(await receipt()).not.toBe('')
    await page.clock.fastForward('01:00')
    await shows('send-error', '验证已过期')
    expect(await receipt()).toBe('')
  })
})

describe('a verify whose form is replaced before the answer', () => {
  const begin = async (user: Visitor) => {
    const mobile = aMobile()
    await user.requestCode(mobile)
    const code = await type(user, mobile)
    return { mobile, code, goOn: await holdCall(user.page, VERIFY, () => user.find('verify').click()) }
  }

  it('by a reset ends with the receipt', async () => {
    const user = await open()
    const { mobile, goOn } = await begin(user)
    await run(user.page, RESET)
    await goOn()
    await user.shows('status', '手机号验证成功')
    expect(await user.receipt()).not.toBe('')
    expect(await user.find('mobile').inputValue()).toBe(mobile)
    await run(user.page, RESET)
    expect(await user.receipt()).toBe('')
  })

  it.each(['sms-code:verified', 'change'])(
    'by a reset within the event %s leaves an empty form',
    async (name) => {
      const more = `document.addEventListener('${name}', () => document.forms[0].reset(), { once: true })`
      const user = await open('', { more })
      const { goOn } = await begin(user)
      await goOn()
      await expect
        .poll(async () => (await user.events()).map(({ type: happened }) => happened))
        .toContain('change')
      await expect.poll(() => user.find('mobile').inputValue()).toBe('')
      expect(await user.receipt()).toBe('')
    },
  )

  it('by a reset leaves an empty form if the code was wrong', async () => {
    const user = await open()
    const { find, page, readMessage, requestCode, shows, text } = user
    const mobile = aMobile()
    await requestCode(mobile)
    await shows('send', COUNTDOWN)
    await find('sms-code').fill(wrong(await readMessage(mobile)))
    const goOn = await holdCall(page, VERIFY, () => find('verify').click())
    await run(page, RESET)
    await goOn()
    await expect.poll(() => find('mobile').inputValue()).toBe('')
    await shows('verify', /^验证$/)
    expect(await text('code-error')).toBe('')
  })

  it('by another scene has its receipt when the scene comes back, and the page hears of no receipt before', async () => {
    const user = await open()
    const { goOn } = await begin(user)
    await run(user.page, `element.setAttribute('scene', 'slow')`)
    await goOn()
    await user.shows('send', '获取验证码')
    expect(await user.receipt()).toBe('')
    expect((await user.events()).map(({ type: name }) => name)).toEqual(['sms-code:sent'])
    await run(user.page, `element.removeAttribute('scene')`)
    await user.shows('status', '手机号验证成功')
    expect(await user.receipt()).not.toBe('')
    const happened = ['sms-code:sent', 'change', 'sms-code:verified']
    expect((await user.events()).map(({ type: name }) => name)).toEqual(happened)
    await run(user.page, `element.setAttribute('scene', 'slow')`)
    await run(user.page, `element.removeAttribute('scene')`)
    expect((await user.events()).filter(({ type: name }) => name === 'sms-code:verified')).toHaveLength(1)
  })

  describe('by another element', () => {
    const REPLACE = 'document.forms[0].innerHTML = document.forms[0].innerHTML'
    /** For each element in the page, the number that its receipt proves, or '' without a receipt. */
    const accepted = ({ page }: Visitor): Promise<unknown> =>
      page.evaluate('Array.from(document.querySelectorAll("sms-code"), (one) => one.receipt && one.mobile)')
    const names = async ({ events }: Visitor) => (await events()).map(({ type: name }) => name)
    const POSTED = 'new FormData(document.forms[0]).get("receipt")'

    it('is taken over by that element, which waits for it', async () => {
      const user = await open('name="receipt"')
      const { page, events, find, receipt, shows } = user
      const { mobile, goOn } = await begin(user)
      await run(page, REPLACE)
      await shows('verify', '正在验证')
      await run(page, REPLACE)
      await shows('verify', '正在验证')
      expect(await find('mobile').isEditable()).toBe(false)
      await goOn()
      await shows('status', '手机号验证成功')
      expect(await accepted(user)).toEqual([mobile])
      expect(await page.evaluate(POSTED)).toBe(await receipt())
      expect(await names(user)).toEqual(['sms-code:sent', 'change', 'sms-code:verified'])
      expect((await events()).at(-1)?.detail).toMatchObject({ mobile, receipt: await receipt() })
      expect(await run(page, 'element.receipt')).toBe('')
    })

    it('ends with a usable form if the code was wrong', async () => {
      const user = await open()
      const { page, find, readMessage, requestCode, shows, text } = user
      const mobile = aMobile()
      await requestCode(mobile)
      const code = await readMessage(mobile)
      await shows('send', COUNTDOWN)
      await find('sms-code').fill(wrong(code))
      const goOn = await holdCall(page, VERIFY, () => find('verify').click())
      await run(page, REPLACE)
      await goOn()
      await shows('verify', /^验证$/)
      expect(await text('code-error')).toBe('')
      await find('sms-code').fill(code)
      await find('verify').click()
      await shows('status', '手机号验证成功')
      expect(await accepted(user)).toEqual([mobile])
    })

    it('stays with the element that began it if that element is still in the page', async () => {
      const user = await open()
      const { mobile, goOn } = await begin(user)
      await run(user.page, `element.before(document.createElement('sms-code'))`)
      await run(user.page, `element.after(document.createElement('sms-code'))`)
      const before = createUser(user.page, element.system, 'sms-code:first-child')
      await before.shows('verify', '正在验证')
      await goOn()
      await before.shows('verify', /^验证$/)
      await expect.poll(() => accepted(user)).toEqual(['', mobile, ''])
      expect(await names(user)).toEqual(['sms-code:sent', 'change', 'sms-code:verified'])
    })

    it('stays with the element that began it if that element comes back', async () => {
      const user = await open()
      const { mobile, goOn } = await begin(user)
      await run(user.page, `element.replaceWith(document.createElement('sms-code'))`)
      await user.shows('verify', '正在验证')
      await run(user.page, `document.querySelector('sms-code').before(element)`)
      await goOn()
      await expect.poll(() => accepted(user)).toEqual([mobile, ''])
      expect(await names(user)).toEqual(['sms-code:sent', 'change', 'sms-code:verified'])
    })

    it('is taken over by one element, the first that is in the page at its end', async () => {
      const user = await open()
      const { mobile, goOn } = await begin(user)
      await run(user.page, `window.later = ['a', 'b', 'c'].map(() => document.createElement('sms-code'))`)
      await run(user.page, `element.replaceWith(...later); later[0].remove()`)
      await goOn()
      await expect.poll(() => accepted(user)).toEqual([mobile, ''])
      expect(await names(user)).toEqual(['sms-code:sent', 'change', 'sms-code:verified'])
      await run(user.page, `document.forms[0].prepend(element, later[0])`)
      expect(await accepted(user)).toEqual(['', '', mobile, ''])
    })

    it.each([
      ['of another name', `name="other"`],
      ['of another scene', `scene="slow"`],
    ])('%s, keeps its receipt outside the page', async (_name, attributes) => {
      const user = await open()
      const { page } = user
      const { mobile, goOn } = await begin(user)
      await run(page, `document.forms[0].innerHTML = '<sms-code ${attributes}></sms-code>'`)
      await goOn()
      await expect.poll(() => run(page, 'element.receipt')).not.toBe('')
      expect(await accepted(user)).toEqual([''])
      await run(page, 'document.forms[0].append(element)')
      expect(await accepted(user)).toEqual(['', mobile])
    })
  })
})
