import type { SmsMessage } from '../src/gateway.ts'

export const message: SmsMessage = {
  id: '0f8fad5bd9cb469fa16570867728950e',
  mobile: '+8613900139000',
  country: 'CN',
  locale: 'zh-CN',
  code: '739146',
  minutes: 5,
  secondsLeft: 300,
  scene: 'login',
  text: '您的验证码是739146，请于5分钟内正确输入。',
}

/** A message to a number outside the mainland of China. */
export const foreignMessage: SmsMessage = {
  ...message,
  mobile: '+85261234567',
  country: 'HK',
  locale: 'en',
  text: 'Your verification code is 739146. It expires in 5 min.',
}

/** The spellings in which a vendor may repeat a number. */
export const spellingsOf = ({ mobile }: SmsMessage) => [
  mobile,
  mobile.slice(1),
  mobile.replace(/^\+(86|852)/, ''),
]
