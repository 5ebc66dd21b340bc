// The API's URL for delivery receipts of vendors that do not sign them: the token at its end proves the sender.
import type { Config } from '../config.ts'

/** `forged` gives a URL with a wrong token. */
export function callbackUrl(config: Config, gateway: string, forged = false): string {
  const base = (config.PUBLIC_URL || config.API_URL).replace(/\/+$/, '')
  return `${base}/callbacks/${gateway}/${forged ? 'forged-' : ''}${config.CALLBACK_TOKEN}`
}
