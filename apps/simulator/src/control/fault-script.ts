// The faults that a test or the demo page ordered and that have not been played yet, for the vendors and for the mail
// server. Faults are played in the order in which they were ordered.

type Order<Fault> = {
  /** The gateway that plays the fault. In the mail server's script it is always `mail`. */
  gateway: string
  fault: Fault
  /** Requests that still get the fault. 0 is a standing order: every request gets it until it is cleared. */
  left: number
}

export type FaultScript<Fault> = ReturnType<typeof createFaultScript<Fault>>

export function createFaultScript<Fault>() {
  let orders: Order<Fault>[] = []

  function ordersOf<Wanted extends Fault>(gateway: string, isWanted: (fault: Fault) => fault is Wanted) {
    return orders.filter(
      (order): order is Order<Wanted> => order.gateway === gateway && isWanted(order.fault),
    )
  }

  return {
    add(gateway: string, fault: Fault, times: number) {
      orders.push({ gateway, fault, left: times })
    },

    /** Takes the gateway's first wanted fault. A fault that is not due stays first, and later ones wait behind it. */
    take<Wanted extends Fault>(
      gateway: string,
      isWanted: (fault: Fault) => fault is Wanted,
      isDue: (fault: Wanted) => boolean = () => true,
    ): Wanted | null {
      const [order] = ordersOf(gateway, isWanted)
      if (order === undefined || !isDue(order.fault)) return null
      if (order.left > 0) {
        order.left -= 1
        if (order.left === 0) orders = orders.filter((other) => other !== order)
      }
      return order.fault
    },

    /** The gateway's first wanted standing fault; counted orders are passed over and not used up. */
    standing<Wanted extends Fault>(gateway: string, isWanted: (fault: Fault) => fault is Wanted) {
      return ordersOf(gateway, isWanted).find(({ left }) => left === 0)?.fault ?? null
    },

    pending: () => orders.map(({ gateway, fault, left }) => ({ gateway, left, ...fault })),

    clear(gateway?: string) {
      orders = gateway === undefined ? [] : orders.filter((order) => order.gateway !== gateway)
    },
  }
}
