// The faults that were ordered and have not happened yet: per gateway, first ordered first served. Each fault is
// worth the number of requests it was ordered for.

export const FAULTS = [
  'accept',
  'accept_hang',
  'accept_rst',
  'hang',
  'rst',
  'refuse',
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

export type FaultName = (typeof FAULTS)[number]

export type Fault =
  | { name: FaultName; delayMs: number }
  | { name: 'vendor_code'; vendorCode: string; delayMs: number }

export type FaultScript = ReturnType<typeof createFaultScript>

/** The fault a control request named: one of the list above or a six-digit code of the vendor. */
export function readFault(name: string, delayMs: number): Fault | null {
  if (/^\d{6}$/.test(name))
    return name === '000000' ? null : { name: 'vendor_code', vendorCode: name, delayMs }
  const known = FAULTS.find((fault) => fault === name)
  return known === undefined ? null : { name: known, delayMs }
}

export function createFaultScript() {
  let orders: { gateway: string; fault: Fault; left: number }[] = []
  return {
    add(gateway: string, fault: Fault, times: number) {
      orders.push({ gateway, fault, left: times })
    },

    take(gateway: string): Fault | null {
      const order = orders.find((candidate) => candidate.gateway === gateway)
      if (order === undefined) return null
      order.left -= 1
      if (order.left === 0) orders = orders.filter((candidate) => candidate !== order)
      return order.fault
    },

    pending: () => orders.map(({ gateway, fault, left }) => ({ gateway, left, ...fault })),

    reset() {
      orders = []
    },
  }
}
