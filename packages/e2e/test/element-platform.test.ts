import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contrastOf, hold, run } from './element-page.ts'
import { inspect, startElementSystem, type ElementSystem } from './element-system.ts'
import { aMobile } from './system.ts'

// The element beside what browsers do with every element: labels, focus, documents, widths, pastes, text sizes, colours.

let element: ElementSystem
beforeAll(async () => {
  element = await startElementSystem()
})
afterAll(() => element.stop())
const open: ElementSystem['open'] = (...given) => element.open(...given)

const ZERO_WIDTH = '\u200b'

describe('the characters of a picture', () => {
  it('are understood with invisible characters between them', async () => {
    const { find, focused, readPicture, shows } = await open()
    await find('mobile').fill(aMobile())
    await find('image-code').fill(Array.from(await readPicture()).join(ZERO_WIDTH))
    await find('send').click()
    await shows('send', /秒后可重新获取$/)
    expect(await focused()).toBe('sms-code')
  })

  it('are missing if only invisible ones were typed, and the picture is not spent', async () => {
    const { find, readPicture, shows } = await open()
    await find('mobile').fill(aMobile())
    const picture = await readPicture()
    await find('image-code').fill(ZERO_WIDTH)
    await find('send').click()
    await shows('captcha-error', '请输入图片中的字符')
    expect(await readPicture()).toBe(picture)
  })

  it('of a huge paste are refused as wrong, like any others', async () => {
    const { page, find, paste, readPicture, shows } = await open()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await readPicture()
    await find('mobile').fill(aMobile())
    await paste('image-code', 'A'.repeat(20_000))
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await find('send').click()
    expect((await answered).status()).toBe(400)
    await shows('captcha-error', '请输入新图片中的字符')
  })
})

it('a pasted message of 1,000 characters is not cut before its code', async () => {
  const { page, find, paste } = await open()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await paste('sms-code', `${'您好。'.repeat(330)}您的验证码是123456`)
  expect(await find('sms-code').inputValue()).toBe('123456')
})

it('a click on the picture of a disabled element gets no other picture', async () => {
  const { page, find, focused, readPicture } = await open()
  await readPicture()
  const source = () => find('picture').getAttribute('src')
  const before = await source()
  await run(page, 'element.disabled = true')
  await find('picture').click()
  expect(await source()).toBe(before)
  await run(page, 'element.disabled = false')
  await find('picture').click()
  expect(await source()).not.toBe(before)
  expect(await focused()).toBe('image-code')
})

describe('the focus', () => {
  it('goes to the number from a <label>, and from no text of the element', async () => {
    const { page, find, focused, shows } = await open('id="phone"')
    await shows('send', '获取验证码')
    await run(page, `document.body.insertAdjacentHTML('beforeend', '<label for="phone">Phone</label>')`)
    await find('status').dispatchEvent('click')
    expect(await focused()).toBe('')
    await page.getByText('Phone', { exact: true }).click()
    expect(await focused()).toBe('mobile')
  })

  it('is at the number at once with `autofocus`, unless the page has the focus elsewhere', async () => {
    const { focused } = await open('autofocus')
    await expect.poll(focused).toBe('mobile')
    const { page } = await open()
    await run(page, `document.body.insertAdjacentHTML('beforeend', '<input id="other">'); other.focus()`)
    await run(page, `document.body.insertAdjacentHTML('beforeend', '<sms-code autofocus></sms-code>')`)
    expect(await page.evaluate('document.activeElement.id')).toBe('other')
  })
})

describe('an answer of the API', () => {
  it.each([
    ['of a send', true],
    ['that refuses a send', false],
  ])('%s leaves the focus where the user types in the page', async (_name, isRight) => {
    const { page, find, readPicture, events, focused } = await open()
    await run(page, `document.body.insertAdjacentHTML('beforeend', '<input id="other">')`)
    const { arrival, release } = await hold(page, /\/v1\/sms_codes$/)
    await find('mobile').fill(aMobile())
    const picture = await readPicture()
    await find('image-code').fill(isRight ? picture : 'wrong')
    await find('send').click()
    await arrival
    await page.locator('#other').pressSequentially('ab')
    await release()
    await expect.poll(async () => (await events()).length).toBe(1)
    await page.keyboard.type('cd')
    expect(await page.locator('#other').inputValue()).toBe('abcd')
    expect(await focused()).toBe('')
  })
})

describe('a call of focus()', () => {
  it('leads to the code only while a message to the typed number brings one', async () => {
    const { page, find, focused, requestCode, shows } = await open()
    const mobile = aMobile()
    const focus = async () => {
      await run(page, 'element.blur(); element.shadowRoot.activeElement?.blur(); element.focus()')
      return focused()
    }
    expect(await focus()).toBe('mobile')
    await requestCode(mobile)
    await shows('status', /短信/)
    expect(await focus()).toBe('sms-code')
    await find('mobile').fill(aMobile())
    expect(await focus()).toBe('mobile')
    await find('mobile').fill(mobile)
    expect(await focus()).toBe('sms-code')
  })
})

it('an empty status is in the accessibility tree, and takes no room', async () => {
  const { find, readPicture, text } = await open()
  await readPicture()
  expect(await text('status')).toBe('')
  const { display, bottom, end } = await find('status').evaluate((node) => ({
    display: getComputedStyle(node).display,
    bottom: node.parentElement?.getBoundingClientRect().bottom,
    end: node.parentElement?.querySelector('#send')?.getBoundingClientRect().bottom,
  }))
  expect(display).toBe('block')
  expect(bottom).toBe(end)
})

it('an element that moves into the document of a frame keeps its style', async () => {
  const { page, readPicture } = await open()
  await readPicture()
  const radius = await page.evaluate(() => {
    const frame = document.createElement('iframe')
    const moved = document.querySelector('sms-code')
    document.body.append(frame)
    if (moved === null) return ''
    frame.contentDocument?.body.append(moved)
    const input = moved.shadowRoot?.querySelector('input')
    const inFrame = input ? (frame.contentWindow?.getComputedStyle(input).borderRadius ?? '') : ''
    document.body.append(moved)
    return [inFrame, input ? getComputedStyle(input).borderRadius : '']
  })
  expect(radius).toEqual(['8px', '8px'])
})

it.each([140, 180, 240])('a container of %i px shows the whole form', async (width) => {
  const { page, find, readPicture } = await open()
  await readPicture()
  await expect.poll(() => find('picture').evaluate((node) => node.clientHeight)).toBe(60)
  await run(page, `element.parentElement.style.width = '${width}px'`)
  expect(await run(page, `element.shadowRoot.querySelector('.form').scrollWidth`)).toBe(width)
  for (const id of ['mobile', 'image-code', 'picture', 'refresh', 'send', 'sms-code', 'verify'])
    expect(
      await find(id).evaluate((node) => node.getBoundingClientRect().width),
      `#${id}`,
    ).toBeLessThanOrEqual(width)
})

/** Opens a page whose element shows a label, an error, a note, a link, fields and buttons. */
async function openWithErrors(style: string) {
  const opened = await open('scene="mail"')
  const { page, find, readPicture, shows } = opened
  await page.addStyleTag({ content: style })
  await readPicture()
  await find('send').click()
  await shows('mobile-error', '请输入手机号')
  await shows('status', '可能会发送到您验证过的邮箱')
  const label = page.locator('sms-code label').first()
  return { ...opened, label, onPage: [label, find('mobile-error'), find('status'), find('use-other')] }
}

const pixelsOf = (text: Locator) =>
  text.evaluate((node) => Number.parseFloat(getComputedStyle(node).fontSize))
const colourOf = (text: Locator) => text.evaluate((node) => getComputedStyle(node).color)

describe('the size of the text', () => {
  it.each([
    ['html { font-size: 100% }', { label: 16, note: 14, control: 16, icon: 24 }],
    ['html { font-size: 200% }', { label: 32, note: 28, control: 32, icon: 48 }],
    ['html { font-size: 62.5% }', { label: 16, note: 14, control: 16, icon: 24 }],
    ['sms-code { --sms-code-font-size: 1.25rem }', { label: 20, note: 17.5, control: 20, icon: 30 }],
    // iOS zooms into a field with a smaller text.
    ['sms-code { --sms-code-font-size: 12px }', { label: 12, note: 10.5, control: 16, icon: 18 }],
  ])('with %s', async (style, { label, note, control, icon }) => {
    const { find, label: name } = await openWithErrors(style)
    expect(await pixelsOf(name)).toBe(label)
    expect(await pixelsOf(find('mobile-error'))).toBe(label)
    expect(await pixelsOf(find('status'))).toBe(note)
    expect(await pixelsOf(find('refresh'))).toBe(icon)
    for (const id of ['mobile', 'image-code', 'use-other', 'send', 'sms-code', 'verify'])
      expect(await pixelsOf(find(id)), `#${id}`).toBe(control)
  })

  it('follows the browser', async () => {
    const { page, find, readPicture } = await open()
    await readPicture()
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Page.setFontSizes', { fontSizes: { standard: 32 } })
    await expect.poll(() => pixelsOf(find('mobile'))).toBe(32)
  })

  it('of twice the usual one cuts nothing, and leaves the picture as it was drawn', async () => {
    const { page, find } = await openWithErrors('html { font-size: 200% }')
    await inspect(page, 'large-text')
    expect(await pixelsOf(find('send'))).toBe(32)
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await find('picture').boundingBox()).toMatchObject({ width: 160, height: 60 })
    const controls = page.locator('sms-code :is(button, label, p)')
    expect(await controls.count()).toBeGreaterThan(0)
    const cut = await controls.evaluateAll((nodes) =>
      nodes.filter((node) => node.scrollWidth > node.clientWidth).map(({ id }) => id),
    )
    expect(cut).toEqual([])
  })
})

describe('the colours', () => {
  const DARK = ':root { color-scheme: light } body { background: #15171a; color: #eee }'
  it.each([
    ['a light page', ':root { color-scheme: light }'],
    ['a dark page', ':root { color-scheme: dark }'],
    ['a page that is dark by its own colours alone', DARK],
  ])('are readable on %s', async (_name, style) => {
    const { find, onPage } = await openWithErrors(style)
    for (const text of [...onPage, find('mobile'), find('refresh'), find('send'), find('verify')])
      expect(await contrastOf(text), `the contrast of ${String(text)}`).toBeGreaterThanOrEqual(4.5)
  })

  it('of a text on the page are those of the page, unless a variable names another', async () => {
    const { page, find, label } = await openWithErrors(DARK)
    expect(await colourOf(label)).toBe('rgb(238, 238, 238)')
    expect(await colourOf(find('mobile'))).toBe('rgb(28, 31, 36)')
    const variables = { text: '#010101', muted: '#020202', error: '#030303', accent: '#040404' }
    for (const [name, colour] of Object.entries(variables))
      await run(page, `element.style.setProperty('--sms-code-${name}', '${colour}')`)
    const found = [label, find('status'), find('mobile-error'), find('use-other')].map(colourOf)
    expect(await Promise.all(found)).toEqual([1, 2, 3, 4].map((part) => `rgb(${part}, ${part}, ${part})`))
    expect(await colourOf(find('mobile'))).toBe('rgb(1, 1, 1)')
  })
})
