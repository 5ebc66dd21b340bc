import { answersToCorrect } from '@sms-codes/core/history/traffic'
import { findDifferences } from '@sms-codes/core/process/fingerprints'
import { spanOf } from './formats.ts'
import { html, type Html } from './html.ts'
import { column, pill, table, type View } from './layout.ts'
import type { Overview } from './read-overview.ts'
import { wordFor } from './texts.ts'

/** Without one of these, no message leaves. */
const NEEDED = ['api', 'worker'] as const

/** From this age on, the page names the age of the oldest message that no gateway has accepted. */
const OLD_MS = 5_000

/** What an operator must know first, in words: paused queues, gateways that accept nothing, missing processes. */
export function stateOf({ say, lang }: View, overview: Overview): Html {
  const { now, delivery, processes, switchedOff, room, answers } = overview
  const { paused, stalledMs, oldestMs } = delivery
  const isMixed = findDifferences(processes).some((one) => one.policy.length + one.keys.length > 0)
  const refusals = answersToCorrect(
    answers.map((answer) => ({ ...answer, ageSeconds: (now - answer.at) / 1000 })),
  ).filter(({ gateway }) => !switchedOff.includes(gateway))
  const faults = [
    ...(paused.length > 0 ? [say('paused', { names: paused.join(', ') })] : []),
    ...(stalledMs !== null ? [say('stalled', { time: spanOf(stalledMs, lang) })] : []),
    ...(room.some(({ left }) => left <= 0) ? [say('budget_spent')] : []),
    ...NEEDED.filter((app) => processes.every((entry) => entry.app !== app)).map((app) =>
      say('no_app', { app }),
    ),
  ]
  const remarks = [
    ...refusals.map(({ gateway, class: cls, code }) =>
      say('refuses', { gateway, answer: wordFor(say, 'class', cls), code }),
    ),
    ...(switchedOff.length > 0 ? [say('switched_off', { names: switchedOff.join(', ') })] : []),
    ...(oldestMs >= OLD_MS ? [say('oldest', { time: spanOf(oldestMs, lang) })] : []),
    ...(isMixed ? [say('mixed')] : []),
  ]
  if (faults.length + remarks.length === 0) return html`<p class="state good">${say('all_well')}</p>`
  return html`<ul class="state ${faults.length > 0 ? 'bad' : 'warn'}" role="alert">
    ${[...faults, ...remarks].map((line) => html`<li>${line}</li>`)}
  </ul>`
}

export function processList({ say, lang }: View, { now, processes }: Overview): Html {
  if (processes.length === 0) return html`<p class="empty">${say('no_processes')}</p>`
  const columns = [
    column(say('process')),
    column(say('host')),
    column(say('version')),
    column(say('up_for')),
    column(say('gateway')),
    column(say('agrees')),
  ]
  const rows = findDifferences(processes).map(({ process: entry, policy, keys }) => {
    const names = [...policy, ...keys]
    return [
      html`<b>${entry.app}</b>`,
      html`${entry.host} <small>${entry.pid}</small>`,
      entry.version,
      spanOf(now - entry.startedAt, lang),
      entry.gateways.join(', ') || '–',
      names.length === 0
        ? pill('good', say('same'))
        : pill('bad', say('differs', { names: names.join(', ') })),
    ]
  })
  return table(columns, rows)
}
