// What the switches of the page stand for: the fault that the simulator is told to play until it is cleared, in the code
// of the vendor where the vendor has one for it.

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
  webhook: { refuses: '403', badNumber: 'number' },
}

/** Whether there is anything to break: a gateway that only prints has no other side. */
export const isBreakable = (gateway) => Object.hasOwn(CODES, gateway)

/** The choices of a gateway in the order they are shown, with the fault of each; nothing is wrong in the first. */
export function gatewayChoices(gateway) {
  const { refuses, badNumber } = CODES[gateway]
  const { down, slow, lost, noReceiptChoice } = COMMON
  return new Map([
    ['works', null],
    ['down', down],
    ['slow', slow],
    ['refuses', { fault: refuses }],
    ['badNumber', { fault: badNumber }],
    ['lost', lost],
    ['noReceiptChoice', noReceiptChoice],
  ])
}

export const mailChoices = () =>
  new Map([
    ['works', null],
    ['down', { fault: 'refuse' }],
  ])

/** The choice that stands for what was ordered, or null when somebody ordered something else. */
export function choiceOf(choices, pending) {
  if (pending.length === 0) return 'works'
  const [{ name, vendorCode, left, delayMs }] = pending
  if (pending.length > 1 || left !== 0) return null
  const known = [...choices].find(
    ([, order]) => order?.fault === (vendorCode ?? name) && (order.delay_ms ?? 0) === delayMs,
  )
  return known?.[0] ?? null
}
