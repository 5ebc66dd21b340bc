// CCP (Yuntongxun): template messages by JSON. Every answer has HTTP status 200 and the vendor's own status code.
import { randomBytes } from 'node:crypto'
import { parseShanghaiTimestamp, shanghaiTimestamp } from '../../clock.ts'
import { CCP } from '../accounts.ts'
import { isJson, parseObject } from '../json.ts'
import { CHINESE_MOBILE } from '../mobile.ts'
import { createNumberLimits, onSameDay, withinMs } from '../number-limits.ts'
import { createSeenIds } from '../seen-ids.ts'
import { templateText } from '../text.ts'
import type { Vendor, VendorAnswer, VendorDeps, VendorRequest } from '../vendor.ts'
import { ccpDeliveryReceipts } from './delivery-receipt.ts'
import { signCcp } from './signature.ts'

const TIMESTAMP_LIFE_MS = 24 * 3_600_000

const LIMITS = [
  { permits: 1, isInWindow: withinMs(30_000), refusal: '160038' },
  { permits: 5, isInWindow: onSameDay, refusal: '160040', same: 'template' as const },
  { permits: 8, isInWindow: onSameDay, refusal: '160015' },
]

export function createCcp({ clock, config }: VendorDeps): Vendor {
  const boundNumbers = config.SIMULATOR_BOUND_NUMBERS.split(',').flatMap((number) => number.trim() || [])
  const requestIds = createSeenIds(onSameDay)
  const limits = createNumberLimits(LIMITS, { enforced: config.SIMULATOR_VENDOR_LIMITS === 'on' })

  function refuseCaller(request: VendorRequest, now: number): string | null {
    if (request.account !== CCP.account) return '111141'
    const timestamp = timestampOf(request)
    if (timestamp === null) return '161100'
    if (request.query.get('sig') !== signCcp(CCP.account, config.CCP_AUTH_TOKEN, timestamp)) return '111109'
    const signedAt = parseShanghaiTimestamp(timestamp)
    return signedAt === null || Math.abs(now - signedAt) > TIMESTAMP_LIFE_MS ? '161106' : null
  }

  function refuseFields(fields: Record<string, unknown>): string | null {
    const { to, appId, templateId, datas, reqId } = fields
    if (appId !== CCP.app) return '111181'
    if (typeof to !== 'string' || to === '') return '112306'
    // The vendor takes up to 200 numbers in a call. The product sends one, so more are a mistake here.
    if (to.includes(',')) return '160048'
    // This call sends to the mainland only.
    if (!CHINESE_MOBILE.test(to)) return '160042'
    if (templateId === undefined || templateId === '') return '112307'
    // Some clients send the template id as a number.
    if (!/^\d+$/.test(asText(templateId))) return '112318'
    if (!CCP.templates.has(asText(templateId))) return '112311'
    if (datas === undefined || datas === null) return '112308'
    if (readDatas(datas) === null) return '160052'
    return (reqId ?? null) === null || /^[0-9A-Za-z]{1,32}$/.test(asText(reqId)) ? null : '160055'
  }

  function refuseNow(send: { to: string; template: string; text: string; at: number; echo: string | null }) {
    // The request id comes before the limits: a repeat is recognised as one, however soon it comes.
    if (send.echo !== null && requestIds.has(send.echo, send.at)) return '160054'
    if (send.template === CCP.testTemplate && boundNumbers.length > 0 && !boundNumbers.includes(send.to))
      return '113302'
    return limits.refusalOf(send)
  }

  return {
    name: 'ccp',
    ...ccpDeliveryReceipts(config),
    isLookUp: () => false,
    isRefusalCode: (code) => /^\d{6}$/.test(code) && code !== '000000',
    refusal: refuse,
    unreadable: () => refuse('160031'),
    reset() {
      requestIds.reset()
      limits.reset()
    },

    answer(request) {
      const now = clock.now()
      const wrongCaller = refuseCaller(request, now)
      if (wrongCaller !== null) return refuse(wrongCaller)

      if (request.body.trim() === '') return refuse('112301')
      const fields = isJson(request.headers['content-type']) ? parseObject(request.body) : null
      if (fields === null) return refuse('160031')
      const wrongField = refuseFields(fields)
      if (wrongField !== null) return refuse(wrongField)

      const id = asText(fields['templateId'])
      const template = CCP.templates.get(id)
      const variables = readDatas(fields['datas'])
      if (template === undefined || variables === null) return refuse('160052')
      const message = {
        id: randomBytes(16).toString('hex'),
        to: asText(fields['to']),
        ...variables,
        text: templateText(template, { signName: CCP.signName, ...variables }),
        template: id,
        locale: template.locale,
        sign_name: CCP.signName,
        sender: null,
        at: now,
        echo: asText(fields['reqId']) || null,
      }
      const refusal = refuseNow(message)
      if (refusal !== null) return refuse(refusal)

      // Only an accepted request uses up its id, so a refused one may be repeated.
      if (message.echo !== null) requestIds.add(message.echo, now)
      limits.add(message)
      return {
        status: 200,
        body: {
          statusCode: '000000',
          templateSMS: { smsMessageSid: message.id, dateCreated: shanghaiTimestamp(now) },
        },
        accepted: message,
      }
    },
  }
}

/** Clients read the code only, so every refusal has the same text. */
function refuse(statusCode: string): VendorAnswer {
  return { status: 200, body: { statusCode, statusMsg: '【短信】发送失败' } }
}

function timestampOf(request: VendorRequest): string | null {
  const { authorization = '' } = request.headers
  const decoded = Buffer.from(authorization, 'base64').toString('utf8')
  // Node decodes the valid part of a malformed base64 text, so the text must encode back to itself.
  if (Buffer.from(decoded, 'utf8').toString('base64') !== authorization) return null
  const [account, timestamp, ...rest] = decoded.split(':')
  return account === request.account && rest.length === 0 ? (timestamp ?? null) : null
}

function readDatas(datas: unknown): { code: string; minutes: number } | null {
  if (!Array.isArray(datas) || datas.length !== 2) return null
  const values: unknown[] = datas
  const [code, minutes] = values
  if (typeof code !== 'string' || !/^[0-9A-Za-z]{1,20}$/.test(code)) return null
  return typeof minutes === 'string' && /^\d{1,4}$/.test(minutes) ? { code, minutes: Number(minutes) } : null
}

function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
