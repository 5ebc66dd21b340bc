import { parseMetrics, type Sample } from './prometheus.ts'

export type GatewayFigures = {
  gateway: string
  channel: string
  /** Workers whose breaker is open, of those that know this gateway; a mail server has no breaker. */
  breakers: { open: number; of: number }
  /** Calls by outcome class, of all workers together, since each began. */
  calls: Record<string, number>
}
export type Workers = { gateways: GatewayFigures[]; unreachable: string[] }

const TIMEOUT_MS = 2_000

/** What the workers say at these addresses; those that do not answer are named by host. */
export async function askWorkers(urls: readonly URL[], signal: AbortSignal): Promise<Workers> {
  const answers = await Promise.all(urls.map((url) => ask(url, signal)))
  return {
    gateways: sumUp(answers.flatMap((samples) => samples ?? [])),
    unreachable: urls.filter((_, i) => answers[i] === null).map(({ host }) => host),
  }
}

async function ask(url: URL, signal: AbortSignal): Promise<Sample[] | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    return response.ok ? parseMetrics(await response.text()) : null
  } catch {
    // Not there is an answer too: it is shown, and the others' figures with it.
    return null
  }
}

function sumUp(samples: readonly Sample[]): GatewayFigures[] {
  const all = new Map<string, GatewayFigures>()
  const of = (gateway: string, channel: string) => {
    const found = all.get(`${channel} ${gateway}`)
    if (found !== undefined) return found
    const made: GatewayFigures = { gateway, channel, breakers: { open: 0, of: 0 }, calls: {} }
    all.set(`${channel} ${gateway}`, made)
    return made
  }
  for (const { name, labels, value } of samples) {
    const { gateway = '', channel = 'sms', class: outcome = '' } = labels
    if (name === 'sms_breaker_open') {
      const { breakers } = of(gateway, 'sms')
      breakers.of += 1
      breakers.open += value
    } else if (name === 'sms_gateway_calls_total') {
      const { calls } = of(gateway, channel)
      // Every worker has all outcomes of its gateways from its start.
      if (value > 0) calls[outcome] = (calls[outcome] ?? 0) + value
    }
  }
  return [...all.values()]
}
