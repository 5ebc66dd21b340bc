import { keys } from '@sms-codes/core/redis/keys'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import type { Answer } from '../http/answers.ts'
import { drawCaptcha } from './image.ts'
import { captchaText } from './text.ts'

/** The client chooses it and it becomes part of a key, so nothing else is let through. */
export const UUID_PATTERN = '^[A-Za-z0-9_-]{8,64}$'

const LIFE_SECONDS = 300

/**
 * Image codes under `img_<uuid>`. One look, ever: the text is gone with the first answer, right or wrong,
 * in the same command that reads it. Reading and deleting apart would let callers who come at once all in.
 *
 * What a caller can be made to answer is `{ issue, take }`: this, the proofs, or a vendor's check.
 */
export function createCaptchas(redis: RedisClient) {
  return {
    /** Draws a new picture for this uuid; an older one of the same uuid is no longer valid. PNG. */
    async issue(uuid: string, length: 4 | 5): Promise<Buffer> {
      const text = captchaText(length)
      await asStoreError('captcha issue', redis.set(keys.captcha(uuid), text, 'EX', LIFE_SECONDS))
      return drawCaptcha(text)
    },

    /** The one look at an answer: null when it is right, else the refusal. */
    async take(uuid: string, imageCode: string): Promise<Answer | null> {
      const text = await asStoreError('captcha take', redis.getdel(keys.captcha(uuid)))
      // Never issued, expired, or already looked at.
      if (text === null) return 'captchaGone'
      return text.toLowerCase() === imageCode.toLowerCase() ? null : 'captchaWrong'
    },
  }
}
export type Captchas = ReturnType<typeof createCaptchas>
