// Vonage's SMS API: checks the account, then sends the message. The text is free, and Vonage does not recognise repeats.
import { randomBytes } from 'node:crypto'
import { VONAGE } from '../accounts.ts'
import { basicCredentialsOf } from '../headers.ts'
import { isJson, parseObject } from '../json.ts'
import { handsetOf, INTERNATIONAL, takesLetters } from '../mobile.ts'
import { readFreeText } from '../text.ts'
import type { Vendor, VendorDeps, Verdict } from '../vendor.ts'
import { vonageDeliveryReceipts } from './delivery-receipt.ts'
import { accepted, vonageRefusal } from './responses.ts'

const MAX_TEXT = 3200
const MAX_CLIENT_REF = 100
const TTL_MS = { least: 20_000, most: 604_800_000 }
// The letters of GSM 03.38. Greek capitals are left out, because no text of ours has them.
const OUTSIDE_GSM = /[^\n\r !-_a-z{|}~£¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€]/gu

export function createVonage({ clock, config }: VendorDeps): Vendor {
  const credentials = `${VONAGE.apiKey}:${config.VONAGE_API_SECRET}`

  return {
    name: 'vonage',
    ...vonageDeliveryReceipts(config),
    isLookUp: () => false,
    isRefusalCode: (code) => /^[1-9]\d?$/.test(code),
    refusal: (code) => vonageRefusal(code),
    unreadable: () => vonageRefusal('3', 'body'),
    reset() {},

    answer(request) {
      if (basicCredentialsOf(request) !== credentials) return vonageRefusal('4')
      const fields = isJson(request.headers['content-type']) ? parseObject(request.body) : null
      return fields === null ? vonageRefusal('3', 'body') : send(fields, clock.now())
    },
  }
}

function send(fields: Record<string, unknown>, now: number): Verdict {
  const { to, from, text, type = 'text', ttl, 'client-ref': echo = '', callback = '' } = fields
  for (const name of ['to', 'from', 'text']) {
    if ((fields[name] ?? '') === '') return vonageRefusal('2', name)
  }
  const number = `+${asText(to)}`
  if (!INTERNATIONAL.test(number)) return vonageRefusal('3', 'to')
  if (typeof text !== 'string') return vonageRefusal('3', 'text')
  if (from !== VONAGE.sender || !takesLetters(number)) return vonageRefusal('15')
  if (text.length > MAX_TEXT) return vonageRefusal('12')
  if (type !== 'text' && type !== 'unicode') return vonageRefusal('3', 'type')
  if (ttl !== undefined && !(Number(ttl) >= TTL_MS.least && Number(ttl) <= TTL_MS.most))
    return vonageRefusal('3', 'ttl')
  if (typeof echo !== 'string' || echo.length > MAX_CLIENT_REF) return vonageRefusal('3', 'client-ref')
  if (typeof callback !== 'string' || (callback !== '' && !URL.canParse(callback))) return vonageRefusal('23')

  const message = {
    id: randomBytes(8).toString('hex').toUpperCase(),
    to: handsetOf(number),
    ...readFreeText(text),
    text: type === 'unicode' ? text : text.replaceAll(OUTSIDE_GSM, '?'),
    locale: null,
    template: null,
    sign_name: null,
    sender: VONAGE.sender,
    at: now,
    echo: echo || null,
  }
  return {
    ...accepted({ ...message, to: number.slice(1) }),
    accepted: { ...message, ...(callback === '' ? {} : { callback }) },
  }
}

/** Some clients send the number as a JSON number. */
function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
