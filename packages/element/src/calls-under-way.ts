// The calls of this page that have no answer yet. Their form may be replaced meanwhile, or their whole element.
import type { Refusal, Sent, Verified } from '@sms-codes/client'

/** `owner` is the one element that a success belongs to. */
type Settled<Result> = { result: Result; owner: Element }

function createCalls<Result>() {
  const running = new Map<string, { hosts: Element[]; settled: Promise<Settled<Result>> }>()

  return {
    /** @param sourceId the API, the scene and the name that the call belongs to */
    async begin(sourceId: string, host: Element, act: () => Promise<Result>): Promise<Settled<Result>> {
      const hosts = [host]
      const settled = act().then((result) => ({
        result,
        owner: hosts.find(({ isConnected }) => isConnected) ?? host,
      }))
      const call = { hosts, settled }
      running.set(sourceId, call)
      try {
        return await settled
      } finally {
        if (running.get(sourceId) === call) running.delete(sourceId)
      }
    },

    /** The newest call without an answer. It belongs to `host` if no element that knew it before is in a page at its end. */
    join(sourceId: string, host: Element): Promise<Settled<Result>> | undefined {
      const call = running.get(sourceId)
      call?.hosts.push(host)
      return call?.settled
    },
  }
}

export const sends = createCalls<Sent | Refusal>()
export const verifies = createCalls<Verified | Refusal>()
