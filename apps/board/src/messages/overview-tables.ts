import type { LastAnswer } from '@sms-codes/core/history/traffic'
import { COUNTS, sentBySms, totalOf, type NamedFigures } from './figures.ts'
import { barOf, countOf, percentOf, shareOf, spanOf, timeOf } from './formats.ts'
import { html, type Html } from './html.ts'
import { column, numberColumn, pill, table, type View } from './layout.ts'
import type { Overview } from './read-overview.ts'
import { wordFor } from './texts.ts'

const ratio = (part: number, whole: number, tone = ''): Html => {
  const share = shareOf(part, whole)
  return html`<span class="ratio">${barOf(share, tone)}<span>${percentOf(share)}</span></span>`
}
const nameOf = ({ say }: View, name: string) => (name === '' ? say('unknown') : name)

export function sceneTable(view: View, scenes: readonly NamedFigures[]): Html {
  const { say } = view
  const columns = [
    column(say('scene')),
    ...COUNTS.map((name) => numberColumn(say(name))),
    numberColumn(say('delivered_of_sent')),
    numberColumn(say('verified_of_sent')),
  ]
  const rows = scenes.map((scene) => [
    html`<b>${nameOf(view, scene.name)}</b>`,
    ...COUNTS.map((name) => countOf(scene[name])),
    ratio(scene.delivered, sentBySms(scene)),
    ratio(scene.verified, scene.sent, 'good'),
  ])
  return table(columns, rows)
}

export function gatewayTable(
  view: View,
  gateways: readonly NamedFigures[],
  answers: readonly LastAnswer[],
): Html {
  const { say, lang, now } = view
  const refusalOf = (gateway: string): Html | string => {
    const last = answers.find((answer) => answer.gateway === gateway && answer.class !== 'accepted')
    if (last === undefined) return '–'
    const word = wordFor(say, 'class', last.class)
    return html`${word} <code>${last.code}</code>
      <small>${say('ago', { time: spanOf(now - last.at, lang) })}</small>`
  }
  // A gateway that refuses everything has no counts.
  const silent = [...new Set(answers.map(({ gateway }) => gateway))].filter((name) =>
    gateways.every((gateway) => gateway.name !== name),
  )
  const all = [...gateways, ...silent.map((name) => ({ ...totalOf([]), name }))]
  const columns = [
    column(say('gateway')),
    numberColumn(say('sent')),
    numberColumn(say('delivered')),
    numberColumn(say('verified')),
    numberColumn(say('delivered_of_sent')),
    numberColumn(say('verified_of_sent')),
    column(say('last_refusal')),
  ]
  const rows = all.map((gateway) => [
    html`<b>${nameOf(view, gateway.name)}</b>`,
    countOf(gateway.sent),
    countOf(gateway.delivered),
    countOf(gateway.verified),
    ratio(gateway.delivered, sentBySms(gateway)),
    ratio(gateway.verified, gateway.sent, 'good'),
    refusalOf(gateway.name),
  ])
  return table(columns, rows)
}

export function reasonTable(view: View, reasons: readonly NamedFigures[]): Html {
  const { say } = view
  if (reasons.length === 0) return html`<p class="empty">${say('no_failures')}</p>`
  const all = reasons.reduce((sum, { failed }) => sum + failed, 0)
  const columns = [column(say('reason')), numberColumn(say('failed')), numberColumn(say('of_failed'))]
  const rows = reasons.map(({ name, failed }) => [
    html`<b>${wordFor(say, 'reason', name)}</b>`,
    countOf(failed),
    ratio(failed, all, 'bad'),
  ])
  return table(columns, rows)
}

export function failureTable(view: View, { failures, hasHistory }: Overview): Html {
  const { say, link } = view
  if (!hasHistory) return html`<p class="empty">${say('history_off')}</p>`
  if (failures.length === 0) return html`<p class="empty">${say('no_failures')}</p>`
  const columns = [
    column(say('time')),
    column(say('reason')),
    column(say('gateway')),
    column(say('code')),
    column(say('scene')),
    column(say('channel')),
    column(say('request')),
  ]
  const rows = failures.map(({ at, rid, n, scene, channel, reason, gateway, code }) => [
    timeOf(at),
    pill('bad', wordFor(say, 'reason', reason)),
    gateway === '' ? '–' : gateway,
    code === '' ? '–' : html`<code>${code}</code>`,
    scene,
    say(channel),
    html`<a href="${link(`/messages/requests/${rid}.${n}`)}">${say('open')}</a>`,
  ])
  return table(columns, rows)
}
