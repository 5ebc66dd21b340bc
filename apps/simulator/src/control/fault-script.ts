// The faults that were ordered and have not happened yet: per gateway, first ordered first served. A fault is worth
// the number of requests it was ordered for, or all of them until it is cleared. Faults of answers and faults of
// receipts wait in lines of their own, so that one message may meet with both.

export const FAULTS = [
  'accept',
  'accept_hang',
  'accept_rst',
  'hang',
  'rst',
  'refuse',
  'down',
  'half_body',
  'html',
  'empty',
  'redirect',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'slow_drip',
  'huge_body',
] as const

export const RECEIPT_FAULTS = [
  'no_receipt',
  'undelivered',
  'receipt_twice',
  'receipt_late',
  'receipt_first',
  'receipt_forged',
] as const

export type FaultName = (typeof FAULTS)[number]
export type ReceiptFaultName = (typeof RECEIPT_FAULTS)[number]

export type Fault =
  | { name: FaultName; delayMs: number }
  | { name: 'vendor_code'; vendorCode: string; delayMs: number }

export type ReceiptFault = { name: ReceiptFaultName; delayMs: number }

type Order = { gateway: string; fault: Fault | ReceiptFault; left: number }

export type FaultScript = ReturnType<typeof createFaultScript>

export function readFault(
  name: string,
  delayMs: number,
  isVendorCode: (code: string) => boolean,
): Fault | ReceiptFault | null {
  const known = [...FAULTS, ...RECEIPT_FAULTS].find((fault) => fault === name)
  if (known !== undefined) return { name: known, delayMs }
  return isVendorCode(name) ? { name: 'vendor_code', vendorCode: name, delayMs } : null
}

export function createFaultScript() {
  let orders: Order[] = []

  function take<F extends Fault | ReceiptFault>(
    gateway: string,
    isWanted: (fault: Fault | ReceiptFault) => fault is F,
    options: { spend: boolean } = { spend: true },
  ): F | null {
    for (const order of orders) {
      const { fault } = order
      if (order.gateway !== gateway || !isWanted(fault)) continue
      // A standing order has nothing left to count, and is the only one that a question about messages meets.
      if (order.left === 0) return fault
      if (!options.spend) continue
      order.left -= 1
      if (order.left === 0) orders = orders.filter((candidate) => candidate !== order)
      return fault
    }
    return null
  }

  return {
    /** `times` 0 is a standing order: every request until it is cleared. */
    add(gateway: string, fault: Fault | ReceiptFault, times: number) {
      orders.push({ gateway, fault, left: times })
    },

    /** The fault of the next answer, if it is one that strikes before the body is read. */
    takeBeforeBody(gateway: string): Fault | null {
      const next = orders.find((order) => order.gateway === gateway && isOfAnswer(order.fault))
      return next !== undefined && isBeforeBody(next.fault) ? take(gateway, isOfAnswer) : null
    },

    takeOfAnswer: (gateway: string, options: { isLookUp: boolean }) =>
      take(gateway, isOfAnswer, { spend: !options.isLookUp }),

    takeOfReceipt: (gateway: string) => take(gateway, isOfReceipt),

    pending: () => orders.map(({ gateway, fault, left }) => ({ gateway, left, ...fault })),

    clear(gateway?: string) {
      orders = gateway === undefined ? [] : orders.filter((order) => order.gateway !== gateway)
    },
  }
}

function isBeforeBody(fault: Fault | ReceiptFault): boolean {
  return fault.name === 'refuse' || fault.name === 'down'
}

function isOfReceipt(fault: Fault | ReceiptFault): fault is ReceiptFault {
  return RECEIPT_FAULTS.some((name) => name === fault.name)
}

function isOfAnswer(fault: Fault | ReceiptFault): fault is Fault {
  return !isOfReceipt(fault)
}
