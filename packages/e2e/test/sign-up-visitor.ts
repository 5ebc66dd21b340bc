import type { APIResponse, Page, Response } from 'playwright-core'
import { expect } from 'vitest'
import { readPicture } from './read-picture.ts'
import { SITE } from './sign-up-site.ts'
import { wrong, type System } from './system.ts'

type Options = { page: Page; system: System; siteUrl: string }
type Fields = { receipt?: string; mobile?: string }

/** What a user does on the page of a sign-up. */
export function createVisitor({ page, system, siteUrl }: Options) {
  /** Fills in the image code: the given answer, or the right one, which is read from Redis. */
  async function answerPicture(image: string, field: string, answer?: string): Promise<void> {
    const picture = page.locator(image)
    const refresh = image === '#picture' ? page.locator('#refresh') : picture
    const right = await readPicture(system.redis, picture, refresh)
    await page.fill(field, answer ?? right)
  }

  /** Waits for the nth message to this number. */
  async function arrivedCode(mobile: string, n = 1): Promise<string> {
    await expect.poll(() => system.outbox(mobile)).toHaveLength(n)
    return (await system.outbox(mobile))[n - 1]?.code ?? ''
  }

  // The tag verifies a code that arrives as a whole, so this function types it digit by digit.
  async function typeCode(code: string): Promise<void> {
    await page.fill('#sms-code', '')
    await page.locator('#sms-code').pressSequentially(code)
    await page.click('#verify')
  }

  return {
    answerPicture,
    arrivedCode,

    /** Proves a number with the tag, after a wrong code. */
    async proveNumber(mobile: string): Promise<void> {
      await page.fill('#mobile', mobile)
      await answerPicture('#picture', '#image-code')
      await page.click('#send')
      // The message may arrive before the answer to its send, and that answer empties the field of the code.
      await page.locator('#send', { hasText: /\d/ }).waitFor()
      const code = await arrivedCode(mobile)
      await typeCode(wrong(code))
      await page.locator('#code-error', { hasText: /./ }).waitFor()
      await typeCode(code)
    },

    /** Proves a number without a page, with the nth message to it. */
    async receiptOf(mobile: string, n = 1): Promise<string> {
      const captcha = await system.captcha()
      const sent = await system.post('/v1/sms_codes', { mobile, scene: 'register', ...captcha })
      const own = { scene: 'register', request_id: sent.body['request_id'] }
      const verified = await system.verify(mobile, await arrivedCode(mobile, n), own)
      return String(verified.body['receipt'])
    },

    /** Waits for the page to post a receipt. Returns the answer, and a function that posts other fields. */
    async signUp(act: () => Promise<void>) {
      // Each step of `act` has its own time limit.
      const answered = page.waitForResponse(`${SITE}/sign-up`, { timeout: 0 })
      const [response] = await Promise.all([answered, act()])
      const answer = await answerOf(response)
      const form = new URLSearchParams(response.request().postData() ?? '')
      const { receipt = '', mobile = '', ...others }: Record<string, string> = Object.fromEntries(form)
      const post = async (fields: Fields) =>
        answerOf(await page.request.post(`${siteUrl}/sign-up`, { form: { ...others, ...fields } }))
      return { answer, sent: { receipt, mobile }, post }
    },
  }
}

async function answerOf(response: Response | APIResponse): Promise<[number, unknown]> {
  const body: unknown = await response.json()
  return [response.status(), body]
}
