// The faults ordered for the mail server, first ordered first served. An order is for a number of times, or stands until
// it is cleared; it waits for the step of a conversation that it is about, and no later order overtakes it.

export const MAIL_FAULTS = [
  'accept',
  'accept_drop',
  'accept_hang',
  'refuse',
  'slow',
  'auth',
  'greylist',
  'bad_address',
  'policy',
] as const

export type MailFaultName = (typeof MAIL_FAULTS)[number]

export type MailFault = { name: MailFaultName; delayMs: number }

export type MailScript = ReturnType<typeof createMailScript>

export function createMailScript() {
  let orders: { fault: MailFault; left: number | null }[] = []
  return {
    /** `times` 0 stands for "until cleared". */
    add(fault: MailFault, times: number) {
      orders.push({ fault, left: times === 0 ? null : times })
    },

    /** The next fault when it is one of these, else null and it stays. */
    take(...names: MailFaultName[]): MailFault | null {
      const [order] = orders
      if (order === undefined || !names.includes(order.fault.name)) return null
      if (order.left !== null && --order.left === 0) orders.shift()
      return order.fault
    },

    pending: () => orders.map(({ fault, left }) => ({ left: left ?? 0, ...fault })),

    clear() {
      orders = []
    },
  }
}
