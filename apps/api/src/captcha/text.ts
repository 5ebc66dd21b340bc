// Owns the captcha alphabet and the choice of a random text. All characters are equally likely, and none looks like
// another one after rotation and noise.
import { randomInt } from 'node:crypto'

/** 25 characters: no 0 O Q, no 1 I L, no B S Z G (8 5 2 6) and no V (Y, U). */
export const captchaAlphabet = '23456789ACDEFHJKMNPRTUWXY'

export function captchaText(length = 4): string {
  let text = ''
  for (let i = 0; i < length; i++) text += captchaAlphabet.charAt(randomInt(captchaAlphabet.length))
  return text
}
