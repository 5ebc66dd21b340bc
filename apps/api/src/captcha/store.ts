import { keys } from '@sms-codes/core/redis/keys'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { captchaText } from './glyphs.ts'
import { drawCaptcha } from './image.ts'

/** The client chooses the uuid and it becomes part of a key, so no other character is permitted. */
export const UUID_PATTERN = '^[A-Za-z0-9_-]{8,64}$'

const LIFE_SECONDS = 300

/**
 * Image codes, stored under `img_<uuid>`. A text can be answered once: the command that reads it deletes it, whether
 * the answer is right or wrong. With separate commands, all callers that come at once would get in.
 */
export function createCaptchas(redis: RedisClient) {
  return {
    /** Draws a new picture for this uuid as a PNG. An older picture of the same uuid becomes invalid. */
    async issue(uuid: string, length: 4 | 5): Promise<Buffer> {
      const text = captchaText(length)
      await asStoreError('captcha issue', redis.set(keys.captcha(uuid), text, 'EX', LIFE_SECONDS))
      return drawCaptcha(text)
    },

    /** Consumes a picture. `captchaGone`: never issued, expired, or answered before. @throws StoreError */
    async consume(uuid: string, imageCode: string): Promise<'passed' | 'captchaGone' | 'captchaWrong'> {
      const text = await asStoreError('captcha consume', redis.getdel(keys.captcha(uuid)))
      if (text === null) return 'captchaGone'
      return text.toLowerCase() === imageCode.toLowerCase() ? 'passed' : 'captchaWrong'
    },
  }
}
