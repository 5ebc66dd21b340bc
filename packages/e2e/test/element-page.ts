import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BrowserContext, Locator, Page, Route } from 'playwright-core'
import { expect } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { readPicture } from './read-picture.ts'
import type { System } from './system.ts'

type Served = { html: string; headers: Record<string, string> }

/** Serves pages of a site that uses the element: another origin than the API. */
export async function startSite() {
  const pages = new Map<string, Served>()
  const server = createServer((request, response) => {
    const page = pages.get(request.url?.split('?')[0] ?? '')
    response.writeHead(page === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      ...page?.headers,
    })
    response.end(page?.html)
  })
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    /** Returns the address of a page with this content. */
    serve(html: string, headers: Record<string, string> = {}): string {
      const path = `/page-${pages.size}`
      pages.set(path, { html, headers })
      return origin + path
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
export type Site = Awaited<ReturnType<typeof startSite>>

const HEAD =
  '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Sign up</title><style>body{background:Canvas;color:CanvasText}</style>'

/** A page that loads the element from the API. */
export const pageOf = (body: string, { api, lang = 'zh-CN' }: { api: string; lang?: string }) =>
  `<!doctype html><html lang="${lang}">${HEAD}<script type="module" src="${api}/element.js"></script><main>${body}</main></html>`

/** Records the events of all elements of the page in `events`. */
export const RECORD = `window.events = []
for (const name of ['sms-code:sent', 'sms-code:verified', 'sms-code:refused', 'change', 'submit'])
  document.addEventListener(name, ({ type, detail }) => window.events.push({ type, detail }))`

type Happened = { type: string; detail: Record<string, unknown> | null }
export const eventsOf = (page: Page): Promise<Happened[]> => page.evaluate<Happened[]>('events')

/** What a user does and sees in the element of a page. */
export function createUser(
  page: Page,
  { redis, outbox }: Pick<System, 'redis' | 'outbox'>,
  selector = 'sms-code',
) {
  const element = page.locator(selector)
  const find = (id: string) => element.locator(`#${id}`)
  const text = async (id: string) => (await find(id).textContent()) ?? ''
  async function shows(id: string, wish: string | RegExp): Promise<void> {
    await expect.poll(() => text(id), { timeout: 30_000 }).toMatch(wish)
  }

  const readShown = () => readPicture(redis, find('picture'), find('refresh'))

  /** The code in the newest message to this number. */
  async function readMessage(mobile: string, count = 1): Promise<string> {
    await expect.poll(() => outbox(mobile), { timeout: 30_000 }).toHaveLength(count)
    return (await outbox(mobile)).at(-1)?.code ?? ''
  }

  return {
    find,
    text,
    shows,
    readPicture: readShown,
    readMessage,
    /** The id of the control that has the focus. */
    focused: () => element.evaluate((node) => node.shadowRoot?.activeElement?.id ?? ''),
    requestCode: async (mobile: string): Promise<void> => {
      await find('mobile').fill(mobile)
      await find('image-code').fill(await readShown())
      await find('send').click()
    },
    /**
     * The code in the first message to this number, when the element counts down. A message may arrive before the
     * answer to its send, and that answer empties the field of the code.
     */
    receiveCode: async (mobile: string): Promise<string> => {
      await shows('send', /\d/)
      return readMessage(mobile)
    },
    /** Pastes a text, as the keys for it do. */
    paste: async (id: string, pasted: string): Promise<void> => {
      await find(id).focus()
      await page.evaluate((clip) => navigator.clipboard.writeText(clip), pasted)
      await page.keyboard.press('Control+V')
    },
    receipt: () => element.evaluate((node) => ('receipt' in node ? String(node.receipt) : '')),
  }
}

/** Holds the first call of this address back until `release` decides what to do with it. */
export async function hold(page: Page, address: RegExp) {
  let arrive = (_route: Route) => {}
  const arrival = new Promise<Route>((resolve) => {
    arrive = resolve
  })
  await page.route(address, (route) => arrive(route), { times: 1 })
  return {
    arrival,
    release: async (act: (route: Route) => Promise<void> = (route) => route.continue()) => act(await arrival),
  }
}

/** Runs a script on the element, which the script calls `element`. */
export const run = (page: Page, script: string): Promise<unknown> =>
  page.evaluate(`{ window.element ??= document.querySelector('sms-code'); ${script} }`)

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The faults that axe finds in the page. */
export async function axeFaults(page: Page): Promise<unknown> {
  await page.evaluate(AXE)
  return page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))',
  )
}

export const hasOverflow = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

/** The contrast of a text with what is painted behind it, as WCAG computes it. */
export const contrastOf = (text: Locator): Promise<number> =>
  text.evaluate((node) => {
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (pen === null) throw new Error('this browser has no canvas')
    const luminanceWith = (colour: string) => {
      pen.fillStyle = colour
      pen.fillRect(0, 0, 1, 1)
      const [red = 0, green = 0, blue = 0] = Array.from(pen.getImageData(0, 0, 1, 1).data, (byte) => {
        const part = byte / 255
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const behind: Element[] = []
    for (
      let next: Node | null = node;
      next !== null;
      next = next instanceof ShadowRoot ? next.host : next.parentNode
    )
      if (next instanceof Element) behind.unshift(next)
    let ground = luminanceWith('Canvas')
    for (const element of behind) ground = luminanceWith(getComputedStyle(element).backgroundColor)
    const ink = luminanceWith(getComputedStyle(node).color)
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)
  })

let shots = 0
/** Saves a picture of the page for a person to look at, if the environment names a directory for it. */
export async function shoot(page: Page, name: string): Promise<void> {
  const directory = process.env['SHOTS']
  if (directory === undefined) return
  mkdirSync(directory, { recursive: true })
  await page.screenshot({
    path: join(directory, `${String(++shots).padStart(2, '0')}-${name}.png`),
    fullPage: true,
  })
}

export const openPage = async (browser: BrowserContext, url: string): Promise<Page> => {
  const page = await browser.newPage()
  await page.goto(url)
  return page
}
