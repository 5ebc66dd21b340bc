// A receiver of the generic webhook, such as a company runs in front of its own SMS vendor. It checks the signature and
// accepts every id once; a repeated id gets a 409.
import { headerOf } from '../headers.ts'
import { asObject, isJson, parseObject } from '../json.ts'
import { CHINESE_MOBILE, handsetOf, INTERNATIONAL } from '../mobile.ts'
import { createSeenIds } from '../seen-ids.ts'
import type { Vendor, VendorAnswer, VendorDeps, VendorRequest } from '../vendor.ts'
import { webhookDeliveryReceipts } from './delivery-receipt.ts'
import { isSignedWebhook, readSecrets } from './signature.ts'

const TOLERANCE_MS = 5 * 60_000
const ID_LIFE_MS = 24 * 3_600_000
const CLASSES = ['number', 'number_limit', 'config']

export function createWebhook({ clock, config }: VendorDeps): Vendor {
  const secrets = readSecrets(config.WEBHOOK_SECRETS)
  const ids = createSeenIds((at, now) => Math.abs(now - at) < ID_LIFE_MS)

  function isSigned(request: VendorRequest, id: string, now: number): boolean {
    const timestamp = headerOf(request, 'webhook-timestamp')
    if (id === '' || !/^\d{1,11}$/.test(timestamp)) return false
    if (Math.abs(now - Number(timestamp) * 1000) > TOLERANCE_MS) return false
    return isSignedWebhook(secrets, headerOf(request, 'webhook-signature'), {
      id,
      timestamp,
      body: request.body,
    })
  }

  return {
    name: 'webhook',
    ...webhookDeliveryReceipts(config, secrets),
    isLookUp: () => false,
    isRefusalCode: (code) => /^[45]\d\d$/.test(code) || CLASSES.includes(code),
    refusal: (code) => (CLASSES.includes(code) ? refuse(422, code) : refuse(Number(code))),
    unreadable: () => refuse(400),
    reset: () => ids.reset(),

    answer(request) {
      const now = clock.now()
      const id = headerOf(request, 'webhook-id')
      if (!isSigned(request, id, now)) return refuse(401)
      if (!isJson(request.headers['content-type'])) return refuse(415)
      const message = readMessage(request.body)
      if (message === null) return refuse(400)
      if (!INTERNATIONAL.test(message.to) && !CHINESE_MOBILE.test(message.to)) return refuse(422, 'number')
      if (ids.has(id, now)) return refuse(409)
      ids.add(id, now)

      return {
        status: 200,
        body: { id },
        accepted: {
          ...message,
          id,
          to: handsetOf(message.to),
          sign_name: null,
          sender: null,
          at: now,
          echo: id,
        },
      }
    },
  }
}

function refuse(status: number, cls?: string): VendorAnswer {
  return { status, body: cls === undefined ? { error: `refused with ${status}` } : { class: cls } }
}

/** The fields of the message. A real receiver has the templates; here every template has the same text. */
function readMessage(body: string) {
  const { id, to, template, params, locale } = parseObject(body) ?? {}
  if (typeof id !== 'string' || typeof to !== 'string' || typeof template !== 'string') return null
  const { code, minutes } = asObject(params) ?? {}
  if (typeof code !== 'string' || !/^[0-9A-Za-z]{4,10}$/.test(code)) return null
  if (!/^\d{1,4}$/.test(String(minutes))) return null
  return {
    to,
    template,
    code,
    minutes: Number(minutes),
    locale: typeof locale === 'string' ? locale : null,
    text: `您的验证码是${code}，请于${Number(minutes)}分钟内正确输入`,
  }
}
