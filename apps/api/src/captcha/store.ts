import type { Redis } from 'ioredis'
import { keys } from '@sms-codes/core/keys'
import { asStoreError } from '@sms-codes/core/redis'
import { drawCaptcha } from './image.ts'
import { captchaText } from './text.ts'

/** The client chooses it and it becomes part of a key, so nothing else is let through. */
export const UUID_PATTERN = '^[A-Za-z0-9_-]{8,64}$'

const LIFE_SECONDS = 300

/**
 * Image codes under `img_<uuid>`. One look, ever: the text is gone with the first answer, right or wrong,
 * in the same command that reads it. Reading and deleting apart would let callers who come at once all in.
 */
export function createCaptchas(redis: Redis) {
  return {
    /** Draws a new picture for this uuid; an older one of the same uuid is no longer valid. PNG. */
    async issue(uuid: string): Promise<Buffer> {
      const text = captchaText()
      await asStoreError('captcha issue', redis.set(keys.captcha(uuid), text, 'EX', LIFE_SECONDS))
      return drawCaptcha(text)
    },

    /** The text to compare with, or null when there is none (never issued, expired, already looked at). */
    async take(uuid: string): Promise<string | null> {
      return asStoreError('captcha take', redis.getdel(keys.captcha(uuid)))
    },
  }
}
export type Captchas = ReturnType<typeof createCaptchas>
