import { prefersEnglish } from '@sms-codes/core/process/language'

/** The RETCODE strings of the HTTP contract. */
export const RETCODE = {
  OK: '0',
  IMAGECODEERR: '4001',
  THROTTLINGERR: '4002',
  NECESSARYPARAMERR: '4003',
  MOBILEERR: '4007',
  SMSCODERR: '4008',
  SESSIONERR: '4101',
  DBERR: '5000',
  PARAMERR: '5006',
} as const
type Retcode = (typeof RETCODE)[keyof typeof RETCODE]

/** The RETCODE and the texts of each answer. An envelope (the body of an answer) never contains another text. */
export const ANSWERS = {
  ok: { code: RETCODE.OK, zh: '成功', en: 'OK' },
  sent: { code: RETCODE.OK, zh: '发送短信成功', en: 'The code is on its way' },
  verified: { code: RETCODE.OK, zh: '验证成功', en: 'Verified' },
  captchaGone: { code: RETCODE.IMAGECODEERR, zh: '图形验证码失效', en: 'The image code has expired' },
  captchaWrong: { code: RETCODE.IMAGECODEERR, zh: '输入图形验证码有误', en: 'The image code is not right' },
  captchaKind: {
    code: RETCODE.PARAMERR,
    zh: '此场景不支持该验证方式',
    en: 'This scene does not accept this kind of captcha',
  },
  proofNeeded: { code: RETCODE.IMAGECODEERR, zh: '请完成安全验证', en: 'A proof of work is needed' },
  proofGone: {
    code: RETCODE.IMAGECODEERR,
    zh: '安全验证失效',
    en: 'The proof is not valid any more',
  },
  sentTooOften: {
    code: RETCODE.THROTTLINGERR,
    zh: '发送短信过于频繁',
    en: 'Too many messages to this number',
  },
  tooManyRequests: { code: RETCODE.THROTTLINGERR, zh: '访问过于频繁', en: 'Too many requests' },
  missing: { code: RETCODE.NECESSARYPARAMERR, zh: '缺少必传参数', en: 'A required parameter is missing' },
  mobileWrong: { code: RETCODE.MOBILEERR, zh: '手机号错误', en: 'Not a mobile number' },
  landline: {
    code: RETCODE.MOBILEERR,
    zh: '该号码是固定电话，请使用手机号',
    en: 'This is the number of a landline; use a mobile number',
  },
  countryNotServed: {
    code: RETCODE.MOBILEERR,
    zh: '暂不支持该国家或地区的手机号',
    en: 'Numbers of this country or region are not served',
  },
  codeWrong: { code: RETCODE.SMSCODERR, zh: '短信验证码有误', en: 'The code is not right' },
  storeDown: { code: RETCODE.DBERR, zh: '数据错误', en: 'Temporarily unavailable, try again' },
  budgetSpent: { code: RETCODE.DBERR, zh: '服务暂不可用', en: 'Temporarily unavailable' },
  undeliverable: { code: RETCODE.DBERR, zh: '服务暂不可用', en: 'Temporarily unavailable' },
  busy: { code: RETCODE.DBERR, zh: '系统繁忙，请稍后再试', en: 'Busy, try again later' },
  bug: { code: RETCODE.DBERR, zh: '数据错误', en: 'Internal error' },
  signatureWrong: { code: RETCODE.SESSIONERR, zh: '签名无效', en: 'The signature is wrong' },
  keyWrong: { code: RETCODE.SESSIONERR, zh: 'API 密钥缺失或无效', en: 'The API key is missing or not valid' },
  keyForbidden: {
    code: RETCODE.SESSIONERR,
    zh: 'API 密钥无权调用此接口或场景',
    en: 'The API key does not permit this call or scene',
  },
  keyInPage: {
    code: RETCODE.SESSIONERR,
    zh: '请勿在网页中使用 API 密钥',
    en: 'An API key must not be used in a page: call from your back end, without the header Origin',
  },
  keyMissing: {
    code: RETCODE.PARAMERR,
    zh: '缺少 API 密钥',
    en: 'client_address and limit_key need an API key',
  },
  addressWrong: {
    code: RETCODE.PARAMERR,
    zh: 'client_address 无效',
    en: 'client_address is not an IP address',
  },
  receiptWrong: { code: RETCODE.PARAMERR, zh: '凭证无效', en: 'The receipt is not valid' },
  receiptUsed: { code: RETCODE.PARAMERR, zh: '凭证已使用', en: 'The receipt was redeemed before' },
  param: { code: RETCODE.PARAMERR, zh: '参数错误', en: 'A parameter is not valid' },
  keyReused: {
    code: RETCODE.PARAMERR,
    zh: '参数错误',
    en: 'This Idempotency-Key belongs to another request',
  },
  keyUnderWay: { code: RETCODE.PARAMERR, zh: '请求处理中', en: 'The first request is still under way' },
  notFound: { code: RETCODE.PARAMERR, zh: '参数错误', en: 'Nothing here' },
} as const satisfies Record<string, { code: Retcode; zh: string; en: string }>
export type Answer = keyof typeof ANSWERS

/** The HTTP status of each answer. An answer that is not listed has 400. */
const STATUSES: Partial<Record<Answer, number>> = {
  sentTooOften: 429,
  tooManyRequests: 429,
  keyWrong: 401,
  signatureWrong: 401,
  keyForbidden: 403,
  keyInPage: 403,
  receiptUsed: 409,
  notFound: 404,
  keyUnderWay: 409,
  keyReused: 422,
  storeDown: 503,
  budgetSpent: 503,
  undeliverable: 503,
  busy: 503,
  bug: 500,
}

export const statusOf = (answer: Answer): number => STATUSES[answer] ?? 400

/** The seconds to wait, the guesses left for the code, and `proof` if the caller must also send a proof of work. */
export type RefusalDetails = { retry_after?: number; attempts_left?: number; challenge?: 'proof' }

/** An expected refusal, which routes throw. The error handler answers with an envelope and does not log an error. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Answer
  readonly details: RefusalDetails
  /** For operators: the list, guard or limit that refused a request whose picture was right. Otherwise ''. */
  readonly reason: string

  constructor(answer: Answer, details: RefusalDetails = {}, reason = '') {
    super(answer)
    this.answer = answer
    this.details = details
    this.reason = reason
  }
}

/** Returns the fields that every body has. The text is English if `acceptLanguage` prefers it, else Chinese. */
export function envelope<Name extends Answer>(answer: Name, acceptLanguage: string | undefined) {
  const row: (typeof ANSWERS)[Name] = ANSWERS[answer]
  const code: (typeof ANSWERS)[Name]['code'] = row.code
  return { code, errmsg: prefersEnglish(acceptLanguage) ? row.en : row.zh }
}
