// The English texts of the element.
import { clockTime } from './clock-time.ts'
import type { Texts } from './texts-zh.ts'

/** @param until the time in ms, or 0 if it is not known */
const tryAgain = (until: number) => `Try again ${until > 0 ? `after ${clockTime('en', until)}` : 'later'}.`

export const en: Texts = {
  mobile: 'Mobile number',
  mobileHint:
    'For numbers outside mainland China, begin with the country code, such as +852\u00a09123\u00a04567.',
  imageCode: 'Characters in the picture',
  picture: 'Picture of the characters to type',
  refresh: 'Show another picture',
  useOther: 'Cannot read it? Continue without a picture',
  useNext: 'Use another check',
  proofInstead: 'No picture needed: your browser makes a short calculation before it sends.',
  send: 'Send the code',
  sendAgain: 'Send the code again',
  sending: 'Sending…',
  computing: 'Calculating…',
  againIn: (seconds) => `Send again in ${seconds} s`,
  waitUntil: (ms) => `You can request another code after ${clockTime('en', ms)}.`,
  smsCode: 'Code in the message',
  verify: 'Verify',
  verifying: 'Verifying…',
  changeNumber: 'Use another number',
  required: 'Verify your mobile number first.',

  emailMayBeUsed:
    'If the message cannot be delivered, the code may be sent to an e-mail address that you verified before.',
  onItsWay: 'The message is being sent.',
  sent: 'The message was sent. Look at your phone.',
  sentByEmail: 'The message could not be delivered. The code was sent to you by e-mail.',
  verified: 'The mobile number is verified.',

  receiptExpired: 'The verification has expired. Request another code.',

  needMobile: 'Enter your mobile number.',
  mobileWrong: 'This is not a mobile number. Check the digits.',
  landline: 'This is the number of a landline. Enter a mobile number.',
  countryNotServed: 'Numbers of this country or region are not supported.',
  mobileRefused: 'No message can be sent to this number. Enter another mobile number.',
  needImageCode: 'Type the characters in the picture.',
  imageCodeWrong: 'The characters were not right or too old. Type those of the new picture.',
  pictureMissing: 'The picture could not be loaded. Wait a minute and choose “Show another picture”.',
  proofFailed: 'The calculation was not accepted or is too old. Send again.',
  widgetMissing: 'The check could not be loaded. Try again.',
  needWidget: 'Complete the check.',
  throttled: (until) => `Too many requests. ${tryAgain(until)}`,
  unavailable: (until) => `The service is not available. ${tryAgain(until)}`,
  unreachable: 'The service cannot be reached. Check your connection and try again.',
  notSetUp: 'Verification by message is not set up correctly here and cannot be used.',
  refused: 'The request was not accepted. Reload the page and try again.',
  failed: (isWaiting) =>
    `The message could not be sent. Check the number, or request the code again${isWaiting ? ' after the wait' : ''}.`,
  needCode: (length) => `Enter the ${length} digits of the code in the message.`,
  codeWrong: 'The code is not right. Compare it with the message and try again.',
  codeWrongLeft: (left) => `The code is not right. ${left === 1 ? '1 try is' : `${left} tries are`} left.`,
  codeExpired: 'The code has expired. Request a new one.',
  codeOfOther: 'The last code was sent to another number. Check the number.',
  codeEnded: 'This code was used, or guessed too often. Request a new one.',
}
