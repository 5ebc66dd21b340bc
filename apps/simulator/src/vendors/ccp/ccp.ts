// The vendor's side of CCP (Yuntongxun) template messages: judges one request as the vendor would, always on
// status 200, and says which messages it took.
import { createHash, randomBytes } from 'node:crypto'
import { parseShanghaiTimestamp, shanghaiTimestamp, type Clock } from '../../clock.ts'
import { isJson, parseObject } from '../json.ts'
import { CHINESE_MOBILE } from '../mobile.ts'
import type { Receipts, Vendor, VendorAnswer, VendorRequest } from '../vendor.ts'
import type { CcpLedger } from './ledger.ts'

const TIMESTAMP_LIFE_MS = 24 * 3_600_000
const MAX_RECIPIENTS = 200
const TEST_TEMPLATE_ID = '1'

// The vendor's texts differ between its versions; clients are told to read the code only.
const STATUS_TEXTS: Record<string, string> = {
  '111109': '【账号】主账户sig校验失败',
  '111141': '【账号】主账户不存在',
  '111181': '【应用】应用不存在',
  '112301': '【短信】请求包体为空',
  '112306': '【短信】to字段内容为空',
  '112307': '【短信】templateId字段内容为空',
  '112308': '【短信】datas字段内容为空',
  '112311': '【短信】短信模板不存在',
  '112318': '【短信】templateId必须为数字',
  '113302': '【短信】测试模板只能发送给绑定的号码',
  '160015': '【短信】该号码发送次数超过限制',
  '160031': '【短信】请求包体解析失败',
  '160038': '【短信】验证码短信发送过于频繁',
  '160040': '【短信】验证码短信同模板同号码超过当天次数',
  '160042': '【短信】号码格式有误',
  '160045': '【短信】号码重复',
  '160048': '【短信】号码个数超过200',
  '160052': '【短信】模板变量格式有误',
  '160054': '【短信】reqId重复',
  '160055': '【短信】reqId格式有误',
  '161100': '【账号】Authorization校验失败',
  '161106': '【账号】时间戳已过期',
}

export type CcpOptions = {
  accountSid: string
  authToken: string
  appId: string
  templates: ReadonlyMap<string, number>
  boundNumbers: readonly string[]
}

function ccpRefusal(statusCode: string): VendorAnswer {
  return { status: 200, body: { statusCode, statusMsg: STATUS_TEXTS[statusCode] ?? '【短信】发送失败' } }
}

export function createCcp(
  deps: { clock: Clock; ledger: CcpLedger; receipts: Receipts },
  options: CcpOptions,
): Vendor {
  const { clock, ledger, receipts } = deps
  const templateIds = new Set([TEST_TEMPLATE_ID, ...options.templates.keys()])

  function whoIsWrong(request: VendorRequest, now: number): string | null {
    if (request.account !== options.accountSid) return '111141'
    const timestamp = timestampOf(request)
    if (timestamp === null) return '161100'
    const sig = createHash('md5').update(options.accountSid + options.authToken + timestamp)
    if (request.query.get('sig') !== sig.digest('hex').toUpperCase()) return '111109'
    const signedAt = parseShanghaiTimestamp(timestamp)
    return signedAt === null || Math.abs(now - signedAt) > TIMESTAMP_LIFE_MS ? '161106' : null
  }

  function whatIsWrong(fields: Record<string, unknown>): string | null {
    const { to, appId, templateId, datas } = fields
    if (appId !== options.appId) return '111181'
    if (typeof to !== 'string' || to === '') return '112306'
    const numbers = to.split(',')
    if (numbers.length > MAX_RECIPIENTS) return '160048'
    if (!numbers.every((number) => CHINESE_MOBILE.test(number))) return '160042'
    if (new Set(numbers).size < numbers.length) return '160045'
    if (templateId === undefined || templateId === '') return '112307'
    // The course's own client sends the template id as a number.
    if (!/^\d+$/.test(asText(templateId))) return '112318'
    if (!templateIds.has(asText(templateId))) return '112311'
    if (datas === undefined || datas === null) return '112308'
    return readDatas(datas) === null ? '160052' : null
  }

  return {
    name: 'ccp',
    receipts,
    isLookUp: () => false,
    isRefusalCode: (code) => /^\d{6}$/.test(code) && code !== '000000',
    refusal: ccpRefusal,
    unreadable: () => ccpRefusal('160031'),
    reset: () => ledger.reset(),

    answer(request) {
      const now = clock.now()
      const wrongCaller = whoIsWrong(request, now)
      if (wrongCaller !== null) return ccpRefusal(wrongCaller)

      if (request.body.trim() === '') return ccpRefusal('112301')
      const fields = isJson(request.headers['content-type']) ? parseObject(request.body) : null
      if (fields === null) return ccpRefusal('160031')
      const wrongField = whatIsWrong(fields)
      if (wrongField !== null) return ccpRefusal(wrongField)

      const to = asText(fields['to']).split(',')
      const templateId = asText(fields['templateId'])
      const datas = readDatas(fields['datas'])
      if (datas === null) return ccpRefusal('160052')

      // The id is looked at before the limits: a repeat is told that it is one, however soon it comes.
      const reqId = fields['reqId'] ?? null
      if (reqId !== null && !/^[0-9A-Za-z]{1,32}$/.test(asText(reqId))) return ccpRefusal('160055')
      const requestId = reqId === null ? null : asText(reqId)
      if (requestId !== null && ledger.hasRequestId(requestId, now)) return ccpRefusal('160054')

      const isBound = (number: string) => options.boundNumbers.includes(number)
      if (templateId === TEST_TEMPLATE_ID && options.boundNumbers.length > 0 && !to.every(isBound))
        return ccpRefusal('113302')
      for (const number of to) {
        const limit = ledger.limitOf(number, templateId, now)
        if (limit !== null) return ccpRefusal(limit)
      }

      ledger.enter({ to, templateId, requestId, now })
      const { code, minutes } = datas
      const id = randomBytes(16).toString('hex')
      const text = `【云通讯】您的验证码是${code}，请于${minutes}分钟内正确输入`
      return {
        status: 200,
        body: {
          statusCode: '000000',
          templateSMS: { smsMessageSid: id, dateCreated: shanghaiTimestamp(now) },
        },
        taken: to.map((number) => ({
          id,
          to: number,
          code,
          minutes,
          text,
          template: templateId,
          at: now,
          echo: requestId,
        })),
      }
    },
  }
}

function timestampOf(request: VendorRequest): string | null {
  const { authorization = '' } = request.headers
  const decoded = Buffer.from(authorization, 'base64').toString('utf8')
  // Node decodes what is no base64 as far as it can; only a text that encodes back to itself was one.
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
