import { parseArgs } from 'node:util'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { peekCodes } from '@sms-codes/core/codes/request-status'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createLimits } from '@sms-codes/core/limits/limits'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { maskMobile } from '@sms-codes/core/mobile'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { onePositional, type Command } from '../args.ts'
import { showSeconds, table } from '../output.ts'
import { choosePhone, MOBILE_HELP, type Phone } from '../phone.ts'
import { withStore } from '../store.ts'

export const lookup: Command = {
  summary: 'show what is known about a phone, by scene',
  help: `lookup <mobile|->

Shows for each scene the status of the last request, how many messages were requested for its code ("sends"), whether
the code was used, when the next message may be sent, and how many more fit into each window of the rate limit. Below
are the times of each status, wrong codes, matching list entries and whether a contact is stored. Never shows the
code, the e-mail address or the number.

${MOBILE_HELP}
`,
  async run(args, context) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    const phone = await choosePhone(onePositional(positionals, 'mobile number'), context)
    const lines = await withStore(phone.config, ({ redis }) => describe(redis, phone))
    lines.forEach(context.terminal.say)
  },
}

const DAY = [{ most: 1_000_000, seconds: 86_400 }]
const COLUMNS = ['scene', 'status', 'channel', 'sends', 'used', 'next send', 'sends left']

/** Describes what Redis has about a phone, without code, address, request id or number. @throws StoreError */
async function describe(redis: RedisClient, { config, keyring, mobile, ph }: Phone): Promise<string[]> {
  const limits = createLimits(redis)
  const misses = async (key: string) => (await limits.room({ key, windows: DAY })).windows[0]?.used ?? 0
  const policies = [...config.policies]
  const [codes, rooms, hasContact, listed, withId, blind] = await Promise.all([
    peekCodes(redis, ph, [...config.policies.keys()]),
    Promise.all(
      policies.map(async ([scene, { sends }]) => ({
        scene,
        ...(await limits.room({ key: keys.sends(ph), windows: sends })),
      })),
    ),
    createContacts(redis, keyring).has(ph),
    createLists(redis).look({ ip: '', mobile, ph }),
    misses(keys.missesWithId(ph)),
    misses(keys.missesWithoutId(ph)),
  ])
  const rows = rooms.map(({ scene, windows, retryAfter }) => {
    const { request, isUsed = false } = codes.find((one) => one.scene === scene) ?? {}
    const used = isUsed ? 'yes' : 'no'
    return [
      scene,
      request?.status ?? '-',
      request?.channel ?? '-',
      String(request?.sends ?? 0),
      request === undefined ? '-' : used,
      retryAfter === 0 ? 'now' : `in ${showSeconds(retryAfter)}`,
      windows.map(({ left, seconds }) => `${left} in ${showSeconds(seconds)}`).join(', '),
    ]
  })
  // Only the kind of a list entry is shown, because a segment would reveal masked digits of the number.
  const lists = (['deny', 'allow'] as const).flatMap((list) => {
    const entry = listed[list]
    return entry === null ? [] : [`${list} (by ${parseListEntry(entry)?.kind})`]
  })
  return [
    `${maskMobile(mobile)}, pseudonym ${ph}`,
    '',
    ...table(COLUMNS, rows, ['sends']),
    '',
    ...codes.map(({ scene, request: { times, reason } }) => {
      const states = times.map(({ state, ms }) => `${state} ${new Date(ms).toISOString()}`)
      return `${scene}: ${states.join(', ')}${reason && `; reason ${reason}`}`
    }),
    `wrong codes in 24 hours: ${withId} with a request id, ${blind} without`,
    `lists: ${lists.join(', ') || 'none'}`,
    `contact: ${hasContact ? 'stored' : 'none'}`,
  ]
}
