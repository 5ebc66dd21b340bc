import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openBrowser } from './browser.ts'
import {
  createUser,
  eventsOf,
  hold,
  openPage,
  pageOf,
  RECORD,
  run,
  startSite,
  type Site,
} from './element-page.ts'
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
    policy: {
      scenes: { default: { waits: SHOWN_WAIT }, login: { waits: SHOWN_WAIT } },
      // All pages of the tests have one address.
      limits: { address: NO_LIMITS },
      step_up: { enabled: false },
    },
  })
  api = system.apis[0]?.url ?? ''
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await system.stop()
  site.stop()
})

async function open(body = '<sms-code></sms-code>') {
  const page = await openPage(browser, site.serve(pageOf(`${body}<script>${RECORD}</script>`, { api })))
  onTestFinished(() => page.close())
  return { page, events: () => eventsOf(page), ...createUser(page, system) }
}

const SEND = /\/v1\/sms_codes$/
const COUNTDOWN = /^\d+ 秒后可重新获取$/

describe('a code that was guessed five times', () => {
  it('has ended, also after a reload and back in the page, but not for another number', async () => {
    const { page, find, readMessage, requestCode, shows, text } = await open()
    const mobile = aMobile()
    await requestCode(mobile)
    await shows('status', '短信已发送')
    const code = wrong(await readMessage(mobile))
    const guess = async (answer: string) => {
      await find('sms-code').fill(code)
      await find('verify').click()
      await shows('code-error', answer)
    }
    for (const left of [4, 3, 2, 1]) await guess(`还可以再试 ${left} 次`)
    await guess('该验证码已使用或输错次数过多')
    expect(await text('status')).toBe('')

    await page.reload()
    await shows('code-error', '该验证码已使用或输错次数过多，请重新获取。')
    expect(await find('mobile').inputValue()).toBe(mobile)
    await shows('send', COUNTDOWN)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await run(page, 'const { parentNode } = element; element.remove(); parentNode.append(element)')
    await requestCode(aMobile())
    await shows('status', '短信已发送')
    expect(await text('code-error')).toBe('')
    // The status of an ended code is not asked, because it says that the message was sent.
    const calls = asked.filter((url) => url.includes('/v1/sms_codes'))
    expect(calls[0]).toMatch(SEND)
  })
})

describe('two elements of one scene', () => {
  const openTwo = async (one: string, two: string) => {
    const { page } = await open(`<sms-code ${one}></sms-code><sms-code ${two}></sms-code>`)
    const users = ['sms-code >> nth=0', 'sms-code >> nth=1'].map((selector) =>
      createUser(page, system, selector),
    )
    const mobiles = [aMobile(), aMobile()]
    for (const [i, user] of users.entries()) {
      await user.requestCode(mobiles[i] ?? '')
      await user.shows('send', COUNTDOWN)
    }
    await page.reload()
    for (const user of users) await user.shows('send', COUNTDOWN)
    const restored = await Promise.all(users.map(({ find }) => find('mobile').inputValue()))
    return { mobiles, restored }
  }

  it.each([
    ['id', 'id="one" name="receipt"', 'id="two" name="receipt"'],
    ['name', 'name="one"', 'name="two"'],
  ])('remember a send each if they differ in `%s`', async (_attribute, one, two) => {
    const { mobiles, restored } = await openTwo(one, two)
    expect(restored).toEqual(mobiles)
  })

  it('share the later send if the page does not tell them apart', async () => {
    const { mobiles, restored } = await openTwo('', '')
    expect(restored).toEqual([mobiles[1], mobiles[1]])
  })
})

describe('a change of an attribute', () => {
  it('of `locale` concerns the next send, and neither a running one nor a receipt', async () => {
    const { page, events, find, readMessage, receipt, requestCode, shows } = await open()
    const locales: unknown[] = []
    page.on('request', (request) => {
      if (SEND.test(request.url()) && request.method() === 'POST')
        locales.push(toRecord(request.postDataJSON())['locale'])
    })
    const { arrival, release } = await hold(page, SEND)
    const mobile = aMobile()
    await requestCode(mobile)
    await arrival
    await run(page, `element.setAttribute('locale', 'en')`)
    await release()
    await shows('send', COUNTDOWN)
    await shows('status', '短信已发送')
    await find('sms-code').fill(await readMessage(mobile))
    await find('verify').click()
    await shows('status', '手机号验证成功')
    await run(page, `element.setAttribute('locale', 'zh-HK')`)
    expect(await receipt()).not.toBe('')
    expect((await events()).map(({ type }) => type)).toEqual(['sms-code:sent', 'change', 'sms-code:verified'])
    await find('change-number').click()
    await requestCode(aMobile())
    await shows('send', COUNTDOWN)
    expect(locales).toEqual([undefined, 'zh-HK'])
  })

  it.each([
    ['scene', 'login'],
    ['base-url', '/elsewhere'],
  ])('`%s` during a send loses nothing: the send counts down where it belongs', async (name, value) => {
    const { page, find, requestCode, shows, text } = await open()
    const { arrival, release } = await hold(page, SEND)
    const mobile = aMobile()
    await requestCode(mobile)
    await arrival
    const sent = page.waitForResponse((response) => SEND.test(response.url()))
    await run(page, `element.setAttribute('${name}', '${value}')`)
    await run(page, `element.removeAttribute('${name}')`)
    await release()
    await shows('send', COUNTDOWN)
    await (await sent).finished()
    await run(page, `element.setAttribute('${name}', '${value}')`)
    expect(await text('send')).toBe('获取验证码')
    await run(page, `element.removeAttribute('${name}')`)
    await shows('send', COUNTDOWN)
    await shows('status', '短信已发送')
    expect(await find('mobile').inputValue()).toBe(mobile)
  })
})
