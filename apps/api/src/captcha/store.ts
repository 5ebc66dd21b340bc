import { keys } from '@sms-codes/core/redis/keys'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { captchaText } from './glyphs.ts'
import { drawCaptcha } from './image.ts'

/** The client chooses the uuid, and the uuid becomes part of a Redis key, so only these characters are permitted. */
export const UUID_PATTERN = '^[A-Za-z0-9_-]{8,64}$'

const LIFE_SECONDS = 300

/**
 * Stores the text of each picture under `img_<uuid>`. One command reads and deletes the text, so a picture can be
 * answered only once. With two commands, several requests could use the same picture at the same time.
 */
export function createCaptchas(redis: RedisClient) {
  return {
    /** Draws a new picture for this uuid as a PNG. An older picture of the same uuid becomes invalid. */
    async issue(uuid: string, length: 4 | 5): Promise<Buffer> {
      const text = captchaText(length)
      await asStoreError('captcha issue', redis.set(keys.captcha(uuid), text, 'EX', LIFE_SECONDS))
      return drawCaptcha(text)
    },

    /** Consumes a picture. `captchaGone`: the picture was not issued, has expired, or was used. @throws StoreError */
    async consume(uuid: string, imageCode: string): Promise<'passed' | 'captchaGone' | 'captchaWrong'> {
      const text = await asStoreError('captcha consume', redis.getdel(keys.captcha(uuid)))
      if (text === null) return 'captchaGone'
      return text.toLowerCase() === imageCode.toLowerCase() ? 'passed' : 'captchaWrong'
    },
  }
}
export type Captchas = ReturnType<typeof createCaptchas>
