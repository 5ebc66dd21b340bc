import { parseArgs } from 'node:util'
import { maskMobile } from '@sms-codes/core/mobile'
import { onePositional, type Command } from '../args.ts'
import { showSeconds, table } from '../output.ts'
import { choosePhone, MOBILE_HELP } from '../phone.ts'
import { readPhone, type PhoneState } from '../phone-state.ts'
import { withStore } from '../store.ts'

export const lookup: Command = {
  summary: 'show what is known about a phone, by scene',
  help: `lookup <mobile|-> [--json]

Shows for each scene the status of the last request, how many messages were requested for its code ("sends"), whether
the code was used, when the next message may be sent, and how many more fit into each window of the rate limit. Below
are the times of each status, wrong codes, matching list entries and whether a contact is stored. Never shows the
code, the e-mail address or the number.

${MOBILE_HELP}

  --json   for programs
  --help   this text
`,
  async run(args, context) {
    const { terminal } = context
    const options = { json: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const phone = await choosePhone(onePositional(positionals, 'mobile number'), context)
    const state = await withStore(phone.config, ({ redis }) => readPhone(redis, phone))
    const shown = maskMobile(phone.mobile)
    if (values.json) return terminal.say(JSON.stringify({ mobile: shown, ...state }))
    terminal.say(`${shown}, pseudonym ${state.pseudonym}`)
    show(state).forEach(terminal.say)
  },
}

const COLUMNS = ['scene', 'status', 'channel', 'sends', 'used', 'next send', 'sends left']
const yesOrNo = (is: boolean) => (is ? 'yes' : 'no')

function show({ scenes, misses, listed, hasContact }: PhoneState): string[] {
  const rows = scenes.map(({ scene, status, channel, sends, used, windows, nextSeconds }) => [
    scene,
    status ?? '-',
    channel ?? '-',
    String(sends),
    status === null ? '-' : yesOrNo(used),
    nextSeconds === 0 ? 'now' : `in ${showSeconds(nextSeconds)}`,
    windows.map(({ left, seconds }) => `${left} in ${showSeconds(seconds)}`).join(', '),
  ])
  const lines = scenes
    .filter(({ times }) => times.length > 0)
    .map(({ scene, times, reason }) => {
      const states = times.map(({ state, at }) => `${state} ${at}`).join(', ')
      return `${scene}: ${states}${reason && `; reason ${reason}`}`
    })
  const lists = (['deny', 'allow'] as const)
    .filter((list) => listed[list] !== null)
    .map((list) => `${list} (by ${listed[list]})`)
  return [
    '',
    ...table(COLUMNS, rows, ['sends']),
    '',
    ...lines,
    `wrong codes in 24 hours: ${misses.withId} with a request id, ${misses.blind} without`,
    `lists: ${lists.join(', ') || 'none'}`,
    `contact: ${hasContact ? 'stored' : 'none'}`,
  ]
}
