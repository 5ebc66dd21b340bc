import type { Counted, TrafficCount } from '@sms-codes/core/history/traffic'

/** The numbers of sends in a period. `sent` includes those that went by e-mail. */
export type Figures = Record<Exclude<Counted, 'fell_back'>, number>

/** The numbers in the order of a send's life. */
export const COUNTS = ['accepted', 'sent', 'delivered', 'verified', 'failed'] as const

const NONE: Figures = { accepted: 0, sent: 0, delivered: 0, verified: 0, failed: 0 }

function add(figures: Figures, { what, count }: TrafficCount): Figures {
  const name = what === 'fell_back' ? 'sent' : what
  return { ...figures, [name]: figures[name] + count }
}

export const totalOf = (traffic: readonly TrafficCount[]): Figures => traffic.reduce(add, NONE)

function group(traffic: readonly TrafficCount[], nameOf: (count: TrafficCount) => string) {
  const groups = new Map<string, Figures>()
  for (const count of traffic) {
    const name = nameOf(count)
    groups.set(name, add(groups.get(name) ?? NONE, count))
  }
  return [...groups].map(([name, figures]) => ({ name, ...figures }))
}
export type NamedFigures = Figures & { name: string }

export const byScene = (traffic: readonly TrafficCount[]): NamedFigures[] =>
  group(traffic, ({ scene }) => scene).toSorted((a, b) => b.accepted - a.accepted)

/** `isMail`: mail servers send no delivery receipts. */
export type GatewayFigures = NamedFigures & { isMail: boolean }

/** An accepted request has no gateway yet, and a failed one has a reason in place of a gateway. */
export const byGateway = (traffic: readonly TrafficCount[]): GatewayFigures[] =>
  group(
    traffic.filter(({ what }) => what !== 'accepted' && what !== 'failed'),
    ({ by }) => by,
  )
    .map((figures) => ({
      ...figures,
      isMail: traffic.some(({ what, by }) => what === 'fell_back' && by === figures.name),
    }))
    .toSorted((a, b) => b.sent - a.sent)

export const byReason = (traffic: readonly TrafficCount[]): NamedFigures[] =>
  group(
    traffic.filter(({ what }) => what === 'failed'),
    ({ by }) => by,
  ).toSorted((a, b) => b.failed - a.failed)
