import { parseArgs } from 'node:util'
import { maskMobile } from '@sms-codes/core/mobile'
import type { Command } from '../command.ts'
import { showSeconds } from '../duration.ts'
import { MOBILE_HELP } from '../mobile.ts'
import { choosePhone } from '../phone.ts'
import { readPhone, type PhoneState } from '../phone-state.ts'
import { onePositional } from '../positionals.ts'
import { withStore } from '../store.ts'
import { table } from '../table.ts'

export const lookup: Command = {
  summary: 'what is held about a phone, by scene',
  help: `lookup <mobile|-> [--json]

For each scene the state of the last request, how often its code was asked for ("sends"), when the phone may get the
next message, and how many more in each window of its limits ("left"). Below them the times, wrong tries, lists and
whether a contact is stored. Never the code, the e-mail address or the number.

${MOBILE_HELP}

  --json   for machines
  --help   this text
`,
  async run(args, { env, terminal }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    })
    const phone = await choosePhone(onePositional(positionals, 'mobile number'), env, terminal)
    const state = await withStore(phone.config.redisUrl, ({ redis }) => readPhone(redis, phone))
    const shown = maskMobile(phone.mobile)
    if (values.json) return terminal.say(JSON.stringify({ mobile: shown, ...state }))
    terminal.say(`${shown}, pseudonym ${state.pseudonym}`)
    show(state).forEach(terminal.say)
  },
}

function show({ scenes, misses, listed, hasContact }: PhoneState): string[] {
  const rows = scenes.map(({ scene, status, channel, sends, used, windows, nextSeconds }) => [
    scene,
    status ?? '-',
    channel ?? '-',
    String(sends),
    status === null ? '-' : used ? 'yes' : 'no',
    nextSeconds === 0 ? 'now' : `in ${showSeconds(nextSeconds)}`,
    windows.map(({ left, seconds }) => `${left} in ${showSeconds(seconds)}`).join(', '),
  ])
  const times = scenes.flatMap(({ scene, times: all, reason }) =>
    all.length === 0
      ? []
      : [
          `${scene}: ${all.map(({ state, at }) => `${state} ${at}`).join(', ')}${reason && `; reason ${reason}`}`,
        ],
  )
  const entries = (['deny', 'allow'] as const).flatMap((list) => {
    const kind = listed[list]
    return kind === null ? [] : [`${list} (by ${kind})`]
  })
  return [
    '',
    ...table(['scene', 'status', 'channel', 'sends', 'used', 'next', 'left'], rows, ['sends']),
    '',
    ...times,
    `wrong tries in 24 hours: ${misses.withId} with a request id, ${misses.blind} without`,
    `lists: ${entries.length === 0 ? 'none' : entries.join(', ')}`,
    `contact: ${hasContact ? 'stored' : 'none'}`,
  ]
}
