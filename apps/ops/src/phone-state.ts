import { createContacts } from '@sms-codes/core/codes/contacts'
import { peekCodes } from '@sms-codes/core/codes/request-status'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createLimits } from '@sms-codes/core/limits/limits'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { showSeconds, showTime, table } from './output.ts'
import type { Phone } from './phone.ts'

const DAY = [{ most: 1_000_000, seconds: 86_400 }]

/** Reads what Redis has about a phone, without code, address, request id or number. @throws StoreError */
export async function readPhoneState(redis: RedisClient, { config, keyring, mobile, ph }: Phone) {
  const limits = createLimits(redis)
  const misses = async (key: string) => (await limits.room({ key, windows: DAY })).windows[0]?.used ?? 0
  const [codes, rooms, contact, listed, withId, withoutId] = await Promise.all([
    peekCodes(redis, ph, [...config.policies.keys()]),
    Promise.all(
      [...config.policies].map(async ([scene, { sends }]) => ({
        scene,
        ...(await limits.room({ key: keys.sends(ph), windows: sends })),
      })),
    ),
    createContacts(redis, keyring).has(ph),
    createLists(redis).look({ ip: '', mobile, ph }),
    misses(keys.missesWithId(ph)),
    misses(keys.missesWithoutId(ph)),
  ])
  // Only the kind of a list entry is shown, because a segment would reveal masked digits of the number.
  const kindOf = (entry: string | null) => (entry === null ? null : (parseListEntry(entry)?.kind ?? null))
  return {
    scenes: rooms.map(({ scene, windows, retryAfter }) => {
      const { request, isUsed } = codes.find((one) => one.scene === scene) ?? {}
      const times = request?.times.map(({ state, ms }) => ({ state, at: ms })) ?? []
      return { scene, ...request, times, isUsed, nextSendSeconds: retryAfter, windows }
    }),
    wrongCodes: { withId, withoutId },
    lists: { deny: kindOf(listed.deny), allow: kindOf(listed.allow) },
    contact,
  }
}
export type PhoneState = Awaited<ReturnType<typeof readPhoneState>>

const COLUMNS = ['scene', 'status', 'channel', 'sends', 'used', 'next send', 'sends left']

export function showPhoneState({ scenes, wrongCodes, lists, contact }: PhoneState): string[] {
  const rows = scenes.map(
    ({ scene, status = '-', channel = '-', sends = 0, isUsed, nextSendSeconds, windows }) => [
      scene,
      status,
      channel,
      String(sends),
      isUsed === undefined ? '-' : isUsed ? 'yes' : 'no',
      nextSendSeconds === 0 ? 'now' : `in ${showSeconds(nextSendSeconds)}`,
      windows.map(({ left, seconds }) => `${left} in ${showSeconds(seconds)}`).join(', '),
    ],
  )
  const matching = (['deny', 'allow'] as const).filter((list) => lists[list] !== null)
  return [
    ...table(COLUMNS, rows, ['sends']),
    '',
    ...scenes.flatMap(({ scene, times, reason = '' }) => {
      const states = times.map(({ state, at }) => `${state} ${showTime(at)}`)
      return states.length === 0 ? [] : [`${scene}: ${states.join(', ')}${reason && `; reason ${reason}`}`]
    }),
    `wrong codes in 24 hours: ${wrongCodes.withId} with a request id, ${wrongCodes.withoutId} without`,
    `lists: ${matching.map((list) => `${list} (by ${lists[list]})`).join(', ') || 'none'}`,
    `contact: ${contact ? 'stored' : 'none'}`,
  ]
}
