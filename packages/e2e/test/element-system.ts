import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { openBrowser } from './browser.ts'
import {
  axeFaults,
  createUser,
  eventsOf,
  hasOverflow,
  pageOf,
  RECORD,
  shoot,
  startSite,
} from './element-page.ts'
import { startSystem } from './system.ts'

/** Plays the script of Turnstile. */
const WIDGET = `let tokens = 0
window.resets = 0
window.renders = []
window.turnstile = {
  render(node, options) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = options.sitekey
    button.onclick = () => options.callback('pass-' + ++tokens + '--hostname-x--action-' + options.action)
    window.expire = options['expired-callback']
    window.renders.push(options)
    node.append(button)
    return 'the widget'
  },
  remove(id) { window.removes = id },
  reset(id) { window.resets += id === 'the widget' ? 1 : 100 },
}`
/** A second address of the site. It has no HTTPS and is not localhost, so its pages have no `crypto.subtle`. */
export const HTTP_SITE = 'http://shop.example'
/** The longest wait that the element counts down in seconds. It outlasts a test on a slow machine. */
export const SHOWN_WAIT = ['2m']
export const NO_LIMITS = { images: [], attempts: [], sends: [], verifies: [] }

/** Starts the service with scenes for all states of the element, a site with pages, and a browser. */
export async function startElementSystem() {
  const site = await startSite()
  const system = await startSystem({
    env: { CORS_ORIGINS: `${site.origin},${HTTP_SITE}`, SMS_GATEWAYS: 'ccp,twilio' },
    policyAt: (simulatorUrl) => ({
      scenes: {
        default: { waits: SHOWN_WAIT },
        mail: { fallback: true },
        slow: { waits: ['10m'] },
        widget: { captcha: ['siteverify'] },
        proof: { captcha: ['proof'] },
        both: { captcha: ['picture', 'siteverify'] },
      },
      captcha: {
        siteverify: {
          service: 'turnstile',
          url: `${simulatorUrl}/siteverify`,
          site_key: 'site-key-of-the-test',
          script: site.serve(WIDGET, { 'content-type': 'text/javascript' }),
          check_action: true,
        },
      },
      countries: { CN: { locale: 'zh-CN' }, HK: { locale: 'zh-HK' } },
      // All pages of the tests have one address.
      limits: { address: NO_LIMITS },
      step_up: { enabled: false },
      overload: { queue_max_age: '0s' },
      email: { fallback_after: '1s' },
    }),
  })
  const api = system.apis[0]?.url ?? ''
  const hosts = [HTTP_SITE, site.origin].map((origin) => new URL(origin).host)
  const browser = await openBrowser([`--host-resolver-rules=MAP ${hosts.join(' ')}`])

  /** Opens a page with an element, and returns what a test needs of it. */
  async function open(attributes = '', { at = api, more = '', origin = site.origin } = {}) {
    const body = `<h1>注册</h1><form><sms-code ${attributes}></sms-code></form><script>${RECORD};${more}</script>`
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    const lines: string[] = []
    page.on('console', (line) => lines.push(line.text()))
    await page.goto(site.serve(pageOf(body, { api: at })).replace(site.origin, origin))
    return { page, lines, events: () => eventsOf(page), ...createUser(page, system) }
  }

  return {
    system,
    site,
    open,

    async stop(): Promise<void> {
      await browser.close()
      await system.stop()
      site.stop()
    },
  }
}
export type ElementSystem = Awaited<ReturnType<typeof startElementSystem>>

/** Four views, in which each language, width and colour scheme meets each other one. */
const VIEWS = [
  ['zh-CN', 360, 'light'],
  ['en', 360, 'dark'],
  ['en', 1440, 'light'],
  ['zh-CN', 1440, 'dark'],
] as const

/** Looks at a state in both languages, on a phone and on a desk, light and dark. */
export async function inspect(page: Page, state: string): Promise<void> {
  for (const [lang, width, colorScheme] of VIEWS) {
    const view = `${state}-${lang}-${width}-${colorScheme}`
    await page.evaluate((next) => document.documentElement.setAttribute('lang', next), lang)
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 640 })
    expect(await hasOverflow(page), `view ${view}`).toBe(false)
    expect(await axeFaults(page), `view ${view}`).toEqual([])
    await shoot(page, view)
  }
}
