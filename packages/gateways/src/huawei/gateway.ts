// Makes Huawei Cloud's batchSendSms call for one number. Huawei treats a repeat as a new message. The message's id is
// sent as `extend`, which Huawei only returns in its delivery receipts.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, signName, templateMinutes, text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import { meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { codeOutcome, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'
import { huaweiCodes } from './codes.ts'
import { signSdk } from './signature.ts'

const channel = text('^[0-9A-Za-z]{4,20}$', 'channel number of Huawei, such as 8825010100001')

const secrets = Type.Object({ HUAWEI_APP_SECRET: secret('app secret of the Huawei application') })
const settings = Type.Object({
  base_url: apiUrl('Huawei Cloud SMS', 'https://smsapi.cn-north-4.myhuaweicloud.com'),
  account: text('^[0-9A-Za-z]{8,64}$', 'app key of the Huawei application, such as exampleappkey00000000001'),
  app: channel,
})
export type HuaweiOptions = VendorOptions<typeof secrets, typeof settings>

export function createHuaweiGateway(options: HuaweiOptions): SmsGateway {
  const { name, app, wordingOf, receiptUrl, transport, now = () => new Date() } = options
  const account = { appKey: options.account, appSecret: options.HUAWEI_APP_SECRET }
  const url = new URL(`${withoutSlash(options.base_url)}/sms/batchSendSms/v1`)

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { template = '', sign_name, sender = app } = wordingOf(message)
    const body = new URLSearchParams({
      from: sender,
      to: message.mobile,
      templateId: template,
      // Huawei allows verification templates one variable only.
      templateParas: JSON.stringify([message.code]),
      ...(sign_name !== undefined && { signature: sign_name }),
      ...(receiptUrl !== undefined && { statusCallback: receiptUrl }),
      extend: message.id,
    }).toString()
    const signed = {
      'content-type': 'application/x-www-form-urlencoded',
      host: url.host,
      'x-sdk-date': compactTime(now()),
    }
    const Authorization = signSdk(account, { path: url.pathname, headers: signed, body })
    const headers = { ...signed, Authorization }
    return outcomeOf(await transport.post(url.href, { headers, body, signal }), message, now())
  }

  return { name, send, recognises: () => false }
}

const compactTime = (at: Date) => at.toISOString().replace(/[-:]|\.\d+/g, '')

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const answer = parseJson(result.body)
  const rows = field(answer, 'result')
  const number: unknown = Array.isArray(rows) ? rows[0] : undefined
  const [callCode, numberCode] = [field(answer, 'code'), field(number, 'status')]
  // E000510 refers to the code of the number. An answer that accepts the call and refuses the number, or accepts the
  // number and refuses the call, contradicts itself.
  const code = callCode === 'E000510' ? numberCode : callCode
  const isAccepted = callCode === '000000'
  if (typeof code !== 'string' || isAccepted !== (numberCode === '000000')) return byTransport
  const outcome = codeOutcome(result.status, byTransport, meaningOf(huaweiCodes, code, /^E\d{6}$/, message))
  if (outcome.class !== 'accepted') return outcome
  return { ...outcome, ...messageIdIn(number, 'smsMsgId', /^[0-9A-Za-z_-]{8,64}$/, message) }
}

export const huawei = defineVendor({
  name: 'huawei',
  secrets,
  settings,
  words: Type.Object({
    template: text(
      '^[0-9a-f]{32}$',
      'Huawei template, such as 8ff55eac1d0b478ab3c06c3c6a492300, whose only variable is the code',
    ),
    minutes: templateMinutes,
    sign_name: Type.Optional(signName('Huawei')),
    sender: Type.Optional(channel),
  }),
  // Verification messages that Huawei allows one number.
  quota: [
    { most: 2, seconds: 60 },
    { most: 50, seconds: 86_400 },
  ],
  maxCodeLength: 8,
  create: createHuaweiGateway,
})
