import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, type System } from './system.ts'
import { inspect, NO_LIMITS, startElementSystem, type ElementSystem } from './element-system.ts'

let element: ElementSystem
let system: System
beforeAll(async () => {
  element = await startElementSystem()
  ;({ system } = element)
})
afterAll(() => element.stop())
const open: ElementSystem['open'] = (...given) => element.open(...given)

/** A time of day, with its day if that is not today. */
const TIME = String.raw`(\d{1,2}月\d{1,2}日 )?\d\d:\d\d`

describe('a send that is refused', () => {
  let suspicious: Awaited<ReturnType<System['startApi']>>
  beforeAll(async () => {
    suspicious = await system.startApi({}, 0, {
      limits: { address: { ...NO_LIMITS, attempts: ['100/10m'] } },
      step_up: { enabled: true, long_picture_percent: 1, proof_percent: 1 },
    })
  })

  it('for a number that got a message before shows the wait, and another number can be used at once', async () => {
    const { page, find, requestCode, shows } = await open()
    const mobile = aMobile()
    expect((await system.send(mobile)).body).toMatchObject({ code: '0' })
    await requestCode(mobile)
    await shows('send-error', '操作过于频繁')
    await shows('send', /^\d+ 秒后可重新获取$/)
    expect(await find('picture').isVisible()).toBe(false)
    expect(await find('code-error').textContent()).toBe('')
    await inspect(page, 'throttled')
    await find('mobile').fill(aMobile())
    await shows('send', '获取验证码')
    expect(await find('picture').isVisible()).toBe(true)
    await find('mobile').fill(`+86 ${mobile}`)
    await shows('send', /秒后可重新获取$/)
  })

  it('for ten minutes shows a time of day, not seconds', async () => {
    const { page, find, requestCode, shows } = await open('scene="slow"')
    await requestCode(aMobile())
    await shows('wait', new RegExp(`^请在 ${TIME} 之后再获取。$`))
    expect(await find('send').getAttribute('aria-disabled')).toBe('true')
    expect(await find('send').textContent()).toBe('重新获取验证码')
    await inspect(page, 'long-wait')
  })

  it('because the budget is spent shows it beside the button', async () => {
    const spent = await system.startApi({}, 0, { budget: { messages: ['1/1h'] } })
    const { page, find, requestCode, shows } = await open('', { at: spent.url })
    await system.send(aMobile(), spent.url)
    await requestCode(aMobile())
    await shows('send-error', new RegExp(`^服务暂时不可用，请在 ${TIME} 之后再试。$`))
    expect(await find('code-error').textContent()).toBe('')
    await inspect(page, 'budget')
  })

  it('because the API asks for a proof is repeated with one, and the user does nothing', async () => {
    const { find, readMessage, requestCode, shows } = await open('', { at: suspicious.url })
    await requestCode(aMobile())
    await shows('status', '短信已发送')
    await find('mobile').fill('')
    const mobile = aMobile()
    await requestCode(mobile)
    await shows('send', /秒后可重新获取$/)
    expect(await readMessage(mobile)).toMatch(/^\d{6}$/)
  })

  it('because the API asks for a proof shows the widget where the scene accepts no calculation', async () => {
    const { page, find, focused, requestCode, shows } = await open('scene="both"', { at: suspicious.url })
    await requestCode(aMobile())
    await shows('captcha-error', '请完成安全验证')
    expect(await focused()).toBe('send')
    await page.getByText('site-key-of-the-test').click()
    await find('send').click()
    await shows('status', '短信已发送')
    expect(await focused()).toBe('sms-code')
  })

  it('for its number keeps the picture', async () => {
    const { find, focused, readPicture, shows } = await open()
    await find('image-code').fill(await readPicture())
    const before = await find('picture').getAttribute('src')
    // A landline of Hong Kong: only the API can tell.
    await find('mobile').fill('+852 2123 4567')
    await find('send').click()
    await shows('mobile-error', '无法向该号码发送短信')
    expect(await focused()).toBe('mobile')
    await find('mobile').fill(aMobile())
    expect(await find('picture').getAttribute('src')).toBe(before)
    await find('send').click()
    await shows('status', '短信已发送')
  })
})

it('a scene that the API does not know is an error for the user and for the developer', async () => {
  const { page, lines, shows } = await open('scene="no-such-scene"')
  await shows('send-error', '尚未正确配置')
  await expect.poll(() => lines.join('\n')).toContain('has no scene "no-such-scene"')
  await inspect(page, 'unknown-scene')
})

it('an API that is away is an error beside the button, and its return makes the form work', async () => {
  const { url, process: child } = await system.startApi()
  const { page, find, readPicture, requestCode, shows } = await open('', { at: url })
  await readPicture()
  await child.kill()
  await find('mobile').fill(aMobile())
  await find('image-code').fill('ABCD')
  await find('send').click()
  await shows('send-error', '无法连接到服务')
  await inspect(page, 'away')
  await system.startApi({}, Number(new URL(url).port))
  await find('refresh').click()
  await requestCode(aMobile())
  await shows('status', '短信已发送')
  expect(await find('send-error').textContent()).toBe('')
})

it('a Redis that is away is an error beside the button, and its return makes the form work', async () => {
  const { page, find, readPicture, requestCode, shows } = await open()
  await find('mobile').fill(aMobile())
  await find('image-code').fill(await readPicture())
  await system.redisServer().kill()
  await expect.poll(() => system.call('/v1/challenges').then(({ status }) => status)).toBe(503)
  await find('send').click()
  await shows('send-error', '服务暂时不可用')
  await shows('captcha-error', '图片加载失败')
  await inspect(page, 'redis-away')
  await system.restartRedis()
  // A send needs both connections of the API, and they may come back a second apart.
  await expect.poll(() => system.send(aMobile()).then(({ status }) => status)).toBe(200)
  await find('refresh').click()
  await requestCode(aMobile())
  await shows('status', '短信已发送')
})
