import type { BrowserContext, Locator, Page } from 'playwright-core'
import { onTestFailed } from 'vitest'
import { readPicture } from './read-picture.ts'
import type { System } from './system.ts'

export type DemoPage = Awaited<ReturnType<typeof openDemoPage>>

export type DemoOptions = { width?: number; query?: string; breakElement?: boolean }

/** Opens the demo page of a system, and collects the errors of its console. */
export async function openDemoPage(browser: BrowserContext, system: System, options: DemoOptions = {}) {
  const page = await browser.newPage()
  const errors: string[] = []
  onTestFailed(async () => console.log(page.isClosed() ? '' : await page.innerText('body')))
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // Chromium reports each answer with 4xx as an error, and refusals are answers.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) errors.push(message.text())
  })
  if (options.breakElement === true)
    await page.route('**/element.js', async (route) => {
      // The page must have its texts before the API answers or fails.
      await page.locator('#form-title', { hasText: /./ }).waitFor()
      await route.abort()
    })
  await page.setViewportSize({ width: options.width ?? 1280, height: 800 })
  await page.goto(`${system.simulatorUrl}/${options.query ?? ''}`)

  const pictureAddress = async () => (await page.locator('#picture').getAttribute('src')) ?? ''

  /** Types the text of the picture, which only Redis knows. */
  async function answerPicture(): Promise<void> {
    const text = await readPicture(system.redis, page.locator('#picture'), page.locator('#refresh'))
    await page.fill('#image-code', text)
  }

  return {
    page,
    errors,
    /** Returns when the progress of the request has reached this status. */
    reached: (status: string) => page.locator(`#status[data-status="${status}"]`).waitFor(),
    step: (name: string) => page.locator(`#status [data-step="${name}"]`),
    pictureAddress,
    answerPicture,

    /** Requests a code and returns it, as the phone of the page shows it. */
    requestCode: async (mobile: string): Promise<string> => {
      await page.fill('#mobile', mobile)
      await answerPicture()
      await page.click('#send')
      // The message may arrive before the answer to its send, and that answer empties the field of the code.
      await page.locator('#send', { hasText: /\d/ }).waitFor()
      return (await page.locator('#phone .message').getAttribute('data-code')) ?? ''
    },

    verify: async (code: string): Promise<void> => {
      await page.fill('#sms-code', code)
      await page.click('#verify')
    },

    /** Shows the form of another scene. */
    useScene: (scene: string) =>
      page.locator('sms-code').evaluate((element, name) => element.setAttribute('scene', name), scene),

    /** The id of the control that has the focus, also inside of the element. */
    focusedId: () =>
      page.evaluate(() => {
        const focused = document.activeElement
        return (focused?.shadowRoot?.activeElement ?? focused)?.id ?? ''
      }),
  }
}

/** The vertical positions of elements, which tell in which order they appear. */
export async function topsOf(...locators: Locator[]): Promise<number[]> {
  const boxes = await Promise.all(locators.map((locator) => locator.boundingBox()))
  return boxes.map((box) => {
    if (box === null) throw new Error('an element is not shown')
    return box.y
  })
}

/** What the visible text fields look like: the size of their text, and whether a placeholder is cut. */
export const fieldsOf = (page: Page) =>
  page.locator('input:not([type=radio]):visible').evaluateAll((inputs) =>
    inputs.map((input) => {
      const { font, fontSize, paddingLeft, paddingRight } = getComputedStyle(input)
      const pen = document.createElement('canvas').getContext('2d')
      if (pen === null || !(input instanceof HTMLInputElement)) throw new Error('this is no text field')
      pen.font = font
      const room = input.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)
      return {
        px: Number.parseFloat(fontSize),
        cuts: pen.measureText(input.placeholder).width > room,
      }
    }),
  )
