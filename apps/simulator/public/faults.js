// The faults behind the switches of the page. The simulator plays a chosen fault until it is cleared. An account or number
// error is a code of the vendor.

const COMMON = {
  down: { fault: 'refuse' },
  slow: { fault: 'accept', delay_ms: 6000 },
  lost: { fault: 'undelivered' },
  noReceiptChoice: { fault: 'no_receipt' },
}

const CODES = {
  ccp: { refuses: '160053', badNumber: '160042' },
  aliyun: { refuses: 'isv.AMOUNT_NOT_ENOUGH', badNumber: 'isv.MOBILE_NUMBER_ILLEGAL' },
  tencent: {
    refuses: 'UnauthorizedOperation.RequestIpNotInWhitelist',
    badNumber: 'InvalidParameterValue.IncorrectPhoneNumber',
  },
  twilio: { refuses: '20003', badNumber: '21211' },
  // Huawei has no code that is only about the number.
  huawei: { refuses: 'E000112' },
  vonage: { refuses: '9', badNumber: '7' },
  sns: { refuses: 'AuthorizationError', badNumber: 'OptedOut' },
  webhook: { refuses: '403', badNumber: 'number' },
}

/** Whether the simulator plays the vendor of this gateway. The console gateway, for example, has no vendor. */
export const isBreakable = (gateway) => Object.hasOwn(CODES, gateway)

/** The choices of a gateway and their faults, in the order in which the page shows them. The first has no fault. */
export function gatewayChoices(gateway) {
  const { refuses, badNumber } = CODES[gateway]
  const { down, slow, lost, noReceiptChoice } = COMMON
  return new Map([
    ['works', null],
    ['down', down],
    ['slow', slow],
    ['refuses', { fault: refuses }],
    ...(badNumber === undefined ? [] : [['badNumber', { fault: badNumber }]]),
    ['lost', lost],
    ['noReceiptChoice', noReceiptChoice],
  ])
}

export const mailChoices = () =>
  new Map([
    ['works', null],
    ['down', { fault: 'refuse' }],
  ])

/** The choice that matches the pending faults, or null when a test ordered others. */
export function choiceOf(choices, pending) {
  if (pending.length === 0) return 'works'
  const [{ name, vendorCode, left, delayMs }] = pending
  if (pending.length > 1 || left !== 0) return null
  const known = [...choices].find(
    ([, order]) => order?.fault === (vendorCode ?? name) && (order.delay_ms ?? 0) === delayMs,
  )
  return known?.[0] ?? null
}
