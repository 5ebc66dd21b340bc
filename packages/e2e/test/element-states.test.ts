import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { aMobile, wrong, type System } from './system.ts'
import { inspect, startElementSystem, type ElementSystem } from './element-system.ts'

let element: ElementSystem
let system: System
beforeAll(async () => {
  element = await startElementSystem()
  ;({ system } = element)
})
afterAll(() => element.stop())
const open: ElementSystem['open'] = (...given) => element.open(...given)

describe('the element shows', () => {
  it('an empty form, with the picture as large as it was drawn', async () => {
    const { page, find, readPicture } = await open()
    await readPicture()
    const box = () => find('picture').evaluate((node) => [node.clientWidth, node.clientHeight])
    await expect.poll(box).toEqual([160, 60])
    await inspect(page, 'empty')
    // Where the row is too narrow for all three, the button stays beside the picture.
    await page.setViewportSize({ width: 320, height: 640 })
    const middleOf = (id: string) =>
      find(id).evaluate((node) => node.getBoundingClientRect().top + node.getBoundingClientRect().height / 2)
    expect(await middleOf('refresh')).toBe(await middleOf('picture'))
    expect(await middleOf('image-code')).toBeLessThan(await middleOf('picture'))
  })

  it('what is missing, at its field', async () => {
    const { page, find, focused, shows, readPicture } = await open()
    await readPicture()
    await find('send').click()
    await shows('mobile-error', '请输入手机号')
    expect(await focused()).toBe('mobile')
    await find('mobile').fill('12345678901')
    expect(await find('mobile-error').textContent()).toBe('')
    await find('send').click()
    await shows('mobile-error', '手机号不正确')
    expect(await find('mobile').getAttribute('aria-invalid')).toBe('true')
    await find('mobile').fill(aMobile())
    await find('send').click()
    await shows('captcha-error', '请输入图片中的字符')
    expect(await focused()).toBe('image-code')
    await find('sms-code').fill('12')
    await find('verify').click()
    await shows('code-error', '6 位')
    await find('mobile').fill('1')
    await find('send').click()
    await inspect(page, 'missing')
  })

  it('a wrong picture beside the new one', async () => {
    const { page, find, focused, shows, readPicture } = await open()
    await readPicture()
    const before = await find('picture').getAttribute('src')
    await find('mobile').fill(aMobile())
    await find('image-code').fill('????')
    await find('send').click()
    await shows('captcha-error', '图形验证码有误或已失效')
    expect(await focused()).toBe('image-code')
    expect(await find('image-code').inputValue()).toBe('')
    expect(await find('picture').getAttribute('src')).not.toBe(before)
    await inspect(page, 'wrong-picture')
  })

  it('a sent message, a wrong code with the tries that are left, and a code that ended', async () => {
    const { page, find, focused, readMessage, requestCode, shows } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    await shows('send', /秒后可重新获取/)
    // The next step of the user stands out, also in a page that styles `::part(primary)`.
    expect(await find('send').getAttribute('part')).toBe('button')
    expect(await find('verify').getAttribute('part')).toBe('button primary')
    await inspect(page, 'sent')
    const code = await readMessage(mobile)
    await find('sms-code').fill(wrong(code))
    await find('verify').click()
    await shows('code-error', '还可以再试 4 次')
    expect(await focused()).toBe('sms-code')
    expect(await find('sms-code').getAttribute('aria-describedby')).toContain('code-error')
    await inspect(page, 'wrong-code')
    expect((await system.verify(mobile, code)).status).toBe(200)
    await find('sms-code').fill(code)
    await find('verify').click()
    await shows('code-error', '该验证码已使用或输错次数过多')
    await inspect(page, 'used-code')
  })

  it('a verified number', async () => {
    const { page, find, receiveCode, requestCode, shows } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    await find('sms-code').fill(await receiveCode(mobile))
    await find('verify').click()
    await shows('status', '手机号验证成功')
    for (const id of ['picture', 'send', 'verify']) expect(await find(id).isVisible(), `#${id}`).toBe(false)
    await inspect(page, 'verified')
  })
})

/** Changes the code record of a request, as time or another process does. */
async function setRecord(requestId: string, field: string, value: string): Promise<void> {
  for (const key of await system.redis.keys('sms:{*}:code:*'))
    if ((await system.redis.hget(key, 'rid')) === requestId) await system.redis.hset(key, field, value)
}

describe('a message', () => {
  it('that fails ends the countdown, and the user is asked to request again', async () => {
    const { page, find, requestCode, shows } = await open()
    // Each gateway that may be asked answers that the number is wrong.
    await system.fault('160042')
    await system.fault('21211', 1, 0, 'twilio')
    onTestFinished(() => system.resetSimulator())
    await requestCode(aMobile())
    await shows('send-error', '短信发送失败')
    await shows('send', '重新获取验证码')
    expect(await find('picture').isVisible()).toBe(true)
    await inspect(page, 'failed')
  })

  it('that no gateway delivers goes by e-mail, which the form says before and after', async () => {
    const { page, find, requestCode, shows } = await open('scene="mail"')
    const mobile = aMobile()
    const contact = { email: 'owner@mail.example', verified_at: '2026-11-01T00:00:00Z' }
    expect((await system.asBackend('PUT', `/v1/contacts/${mobile}`, contact)).status).toBe(204)
    for (const gateway of ['ccp', 'twilio']) await system.fault('refuse', 0, 0, gateway)
    onTestFinished(() => system.resetSimulator())
    await shows('status', '可能会发送到您验证过的邮箱')
    await inspect(page, 'before-mail')
    await requestCode(mobile)
    await shows('status', '已发送到您的邮箱')
    await inspect(page, 'by-mail')
    const [mail] = await system.mails('owner@mail.example')
    await find('sms-code').fill(String(mail?.['code']))
    await find('verify').click()
    await shows('status', '手机号验证成功')
  })
})

it('a code that has expired is told from a wrong one', async () => {
  const { page, events, find, readMessage, requestCode, shows } = await open()
  const mobile = aMobile()
  await requestCode(mobile)
  const code = await readMessage(mobile)
  await shows('send', /秒后可重新获取$/)
  const [sent] = await events()
  await setRecord(String(sent?.detail?.['requestId']), 'expires_at', String(Date.now() - 1000))
  await find('sms-code').fill(code)
  await find('verify').click()
  await shows('code-error', '验证码已过期')
  expect(await find('sms-code').getAttribute('aria-invalid')).toBe('true')
  await inspect(page, 'expired')
})

it('a scene with a captcha service shows its widget and no picture, and each send needs another token', async () => {
  const { page, find, readMessage, shows } = await open('scene="widget"')
  const mobile = aMobile()
  const widget = page.getByText('site-key-of-the-test')
  await widget.waitFor()
  expect(await find('picture').isVisible()).toBe(false)
  await find('mobile').fill(mobile)
  await find('send').click()
  await shows('captcha-error', '请完成安全验证')
  await inspect(page, 'widget')
  await widget.click()
  await page.evaluate('expire()')
  await find('send').click()
  await shows('captcha-error', '请完成安全验证')
  await widget.click()
  await find('send').click()
  await shows('send', /秒后可重新获取$/)
  expect(await page.evaluate('resets')).toBe(1)
  expect(await widget.isVisible()).toBe(false)
  expect(await readMessage(mobile)).toMatch(/^\d{6}$/)
})
