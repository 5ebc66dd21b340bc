import type { Counted, TrafficCount } from '@sms-codes/core/history/traffic'

/** The numbers of sends in a period. `sent` includes those that went by e-mail, which are `fell_back`. */
export type Figures = Record<Counted, number>

/** The numbers in the order of a send's life. */
export const COUNTS = ['accepted', 'sent', 'delivered', 'verified', 'failed'] as const

const NONE: Figures = { accepted: 0, sent: 0, fell_back: 0, delivered: 0, verified: 0, failed: 0 }

/** The sends that a delivery receipt can confirm: mail servers send no delivery receipts. */
export const sentBySms = ({ sent, fell_back: mails }: Figures): number => sent - mails

function add(figures: Figures, { what, count }: TrafficCount): Figures {
  const added = { ...figures, [what]: figures[what] + count }
  return what === 'fell_back' ? { ...added, sent: added.sent + count } : added
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

/** An accepted request has no gateway yet, and a failed one has a reason in place of a gateway. */
export const byGateway = (traffic: readonly TrafficCount[]): NamedFigures[] =>
  group(
    traffic.filter(({ what }) => what !== 'accepted' && what !== 'failed'),
    ({ by }) => by,
  ).toSorted((a, b) => b.sent - a.sent)

export const byReason = (traffic: readonly TrafficCount[]): NamedFigures[] =>
  group(
    traffic.filter(({ what }) => what === 'failed'),
    ({ by }) => by,
  ).toSorted((a, b) => b.failed - a.failed)
