// The Chinese texts of the element.
import { clockTime } from './clock-time.ts'

/** @param until the time in ms, or 0 if it is not known */
const tryAgain = (until: number) => `请${until > 0 ? `在 ${clockTime('zh-CN', until)} 之后` : '稍后'}再试。`

export const zh = {
  mobile: '手机号',
  mobileHint: '中国大陆以外的号码请加国家或地区代码，例如 +852\u00a09123\u00a04567。',
  imageCode: '图形验证码',
  picture: '图形验证码图片',
  refresh: '换一张图片',
  useOther: '看不清图片？免图片验证',
  useNext: '换一种验证方式',
  proofInstead: '无需输入图片中的字符：发送前，浏览器会进行一次短暂的计算。',
  send: '获取验证码',
  sendAgain: '重新获取验证码',
  sending: '正在发送…',
  computing: '正在计算…',
  againIn: (seconds: number) => `${seconds} 秒后可重新获取`,
  waitUntil: (ms: number) => `请在 ${clockTime('zh-CN', ms)} 之后再获取。`,
  smsCode: '短信验证码',
  verify: '验证',
  verifying: '正在验证…',
  changeNumber: '使用其他手机号',
  required: '请先验证手机号。',

  emailMayBeUsed: '如果短信无法送达，验证码可能会发送到您验证过的邮箱。',
  onItsWay: '正在发送短信，请稍候。',
  sent: '短信已发送，请查收。',
  sentByEmail: '短信未能送达，验证码已发送到您的邮箱，请查收邮件。',
  verified: '手机号验证成功。',

  receiptExpired: '验证已过期，请重新获取验证码。',

  needMobile: '请输入手机号。',
  mobileWrong: '手机号不正确，请检查后重新输入。',
  landline: '该号码是固定电话，请使用手机号。',
  countryNotServed: '暂不支持该国家或地区的手机号。',
  mobileRefused: '无法向该号码发送短信，请换一个手机号。',
  needImageCode: '请输入图片中的字符。',
  imageCodeWrong: '图形验证码有误或已失效，请输入新图片中的字符。',
  pictureMissing: '图片加载失败，请稍等一分钟，再点击“换一张图片”。',
  proofFailed: '安全计算未通过或已失效，请重新发送。',
  widgetMissing: '安全验证加载失败，请重试。',
  needWidget: '请完成安全验证。',
  throttled: (until: number) => `操作过于频繁，${tryAgain(until)}`,
  unavailable: (until: number) => `服务暂时不可用，${tryAgain(until)}`,
  unreachable: '无法连接到服务，请检查网络后重试。',
  notSetUp: '短信验证功能尚未正确配置，暂时无法使用。',
  refused: '请求被拒绝，请刷新页面后重试。',
  failed: (isWaiting: boolean) =>
    `短信发送失败，请检查手机号，或${isWaiting ? '在倒计时结束后' : ''}重新获取验证码。`,
  needCode: (length: number) => `请输入短信中的 ${length} 位数字验证码。`,
  codeWrong: '验证码不正确，请核对后重新输入。',
  codeWrongLeft: (left: number) => `验证码不正确，还可以再试 ${left} 次。`,
  codeExpired: '验证码已过期，请重新获取。',
  codeOfOther: '上一个验证码发送到了另一个手机号，请检查手机号。',
  codeEnded: '该验证码已使用或输错次数过多，请重新获取。',
}

export type Texts = typeof zh
