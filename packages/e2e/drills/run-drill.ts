import { setTimeout as sleep } from 'node:timers/promises'
import { breachesOf, rowOf, type Outage, type Send } from './accounting.ts'
import type { Drill, Rig } from './drill.ts'
import { openInbox } from './inbox.ts'
import { startLoad, type Load } from './load.ts'
import type { Options } from './options.ts'
import type { Progress } from './progress.ts'
import { FALLBACK_SCENE, startRig } from './rig.ts'
import { createUserClient } from './user-client.ts'
import { judgeAlerts, watchAlerts, type AlertWatch } from './watch-alerts.ts'

export type Result = Awaited<ReturnType<typeof runDrill>>

const BEFORE_SECONDS = 5
const AFTER_SECONDS = 12
/** A job that no worker took ends 20 s after the time to send. */
const ENDS_AFTER_MS = 30_000
const SETTLE_MS = 30_000
const PICTURE_TIMEOUT_MS = 2_000
const OFFICE_ADDRESS = '11.200.0.1'

/** Starts a service, loads it, breaks and mends it, and waits until every accepted send has ended. */
export async function runDrill(drill: Drill, options: Options, progress: Progress) {
  progress.begin(drill)
  const rig = await startRig(drill)
  try {
    await drill.prepare?.(rig)
    const watch = drill.alerts === undefined ? null : await watchAlerts(rig.system, progress.say)
    const load = startUsers(drill, rig, options)
    const inbox = await openInbox(rig.system.simulatorUrl, (arrival) => load.onArrival(arrival))
    const stopProgress = progress.watch(load)
    try {
      const outage = await breakAndMend(drill, rig, options.seconds ?? drill.seconds, progress, watch)
      const raised = (await watch?.raised(outage)) ?? []
      await load.stop()
      progress.phase('waiting for the end of the last sends')
      await endSends(load, rig)
      await load.ended()
      const alerts = drill.alerts === undefined ? null : judgeAlerts(raised, drill.alerts)
      return { ...resultOf(drill, load.sends(), outage), alerts }
    } finally {
      await load.stop()
      await watch?.stop()
      inbox.close()
      stopProgress()
    }
  } finally {
    await rig.stop()
  }
}

function startUsers(
  { hasMailboxes = false, isOffice = false, sendWithinSeconds = 120 }: Drill,
  { system }: Rig,
  options: Options,
): Load {
  const { env, apis, redis } = system
  return startLoad({
    apiUrls: () => apis.map(({ url }) => url),
    readPicture: (uuid) =>
      Promise.race([redis.get(`img_${uuid}`), sleep(PICTURE_TIMEOUT_MS, null, { ref: false })]),
    scene: hasMailboxes ? FALLBACK_SCENE : 'default',
    contactKey: hasMailboxes ? (env['API_KEYS']?.split(':')[1] ?? '') : null,
    office: isOffice ? OFFICE_ADDRESS : null,
    sendWithinSeconds,
    perSecond: options.rate,
    seed: options.seed,
  })
}

async function breakAndMend(
  drill: Drill,
  rig: Rig,
  seconds: number,
  progress: Progress,
  watch: AlertWatch | null,
): Promise<Outage> {
  const { beforeSeconds = BEFORE_SECONDS, afterSeconds = AFTER_SECONDS } = drill
  progress.phase('nothing is broken yet')
  await sleep(beforeSeconds * 1_000)
  progress.phase('broken')
  const from = Date.now()
  await drill.breakIt?.(rig)
  await sleep(Math.max(0, from + seconds * 1_000 - Date.now()))
  progress.phase('mended')
  await drill.mend?.(rig)
  const to = Date.now()
  watch?.refresh()
  await sleep(afterSeconds * 1_000)
  return { from, to }
}

/** Waits until each accepted send has a message or has failed, and then for messages that would be one too many. */
async function endSends(load: Load, { system }: Rig): Promise<void> {
  const ask = createUserClient('11.201.0.1', () => system.apis.map(({ url }) => url))
  for (let pending = load.pending(); pending.length > 0; pending = load.pending()) {
    for (const send of pending) {
      const { status, body } = await ask(`/v1/sms_codes/${send.requestId}`)
      send.status = status === 200 ? String(body['status']) : `status ${status}`
      const isOver = ['failed', 'expired'].includes(send.status)
      if (isOver || Date.now() > send.sendBy + ENDS_AFTER_MS) load.giveUp(send)
    }
    await sleep(1_000)
  }
  const giveUpAt = Date.now() + SETTLE_MS
  while ((await system.open('sms', 'email')) > 0 && Date.now() < giveUpAt) await sleep(500)
}

function resultOf({ name, title, promises }: Drill, sends: readonly Send[], outage: Outage) {
  const row = rowOf(sends, outage, promises)
  const details = new Map<string, number>()
  for (const { answer, detail } of sends)
    if (answer !== 'accepted' && detail !== '') details.set(detail, (details.get(detail) ?? 0) + 1)
  return {
    name,
    title,
    ...row,
    answers: Object.fromEntries(details),
    breaches: breachesOf(row, promises),
    seconds: secondsOf(sends, outage),
  }
}

/** What happened in each second, for the chart. */
function secondsOf(sends: readonly Send[], outage: Outage) {
  const start = Math.min(...sends.map(({ askedAt }) => askedAt))
  const last = Math.max(
    ...sends.flatMap(({ askedAt, messages }) => [askedAt, ...messages.map(({ at }) => at)]),
  )
  const length = Math.ceil((last - start) / 1_000) + 1
  const perSecond = (times: readonly number[]) => {
    const seconds = times.map((at) => Math.floor((at - start) / 1_000))
    return Array.from({ length }, (_, second) => seconds.filter((each) => each === second).length)
  }
  return {
    broken: [outage.from - start, outage.to - start].map((ms) => ms / 1_000),
    accepted: perSecond(sends.filter(({ answer }) => answer === 'accepted').map(({ askedAt }) => askedAt)),
    refused: perSecond(sends.filter(({ answer }) => answer !== 'accepted').map(({ askedAt }) => askedAt)),
    arrived: perSecond(sends.flatMap(({ messages }) => messages.map(({ at }) => at))),
  }
}
