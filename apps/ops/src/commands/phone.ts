import { parseArgs } from 'node:util'
import { readHistory } from '@sms-codes/core/history/history'
import { maskMobile } from '@sms-codes/core/mobile'
import { onePositional, parseCount, type Command } from '../args.ts'
import { showRequests } from '../history-lines.ts'
import { toJson } from '../output.ts'
import { choosePhone, MOBILE_HELP } from '../phone.ts'
import { readPhoneState, showPhoneState } from '../phone-state.ts'
import { withStore } from '../store.ts'

const MOST = 20

/** The reasons for which the API answers 4007. */
const FAULTS = {
  landline: 'number: a landline, which gets no messages (4007)',
  countryNotServed: 'country: not served by this policy (4007)',
}

export const phone: Command = {
  summary: 'show the state of a phone and its last requests, with every attempt',
  help: `phone <mobile|-> [--most 5] [--json]

Shows for each scene the status of the last request, how many messages were requested for its code ("sends"), whether
the code was used, when the next message may be sent, and how many more fit into each window of the rate limit. Below
are the times of each status, wrong codes, matching list entries and whether a contact is stored. Then follow the last
requests: each answer of a gateway with its outcome class, the vendor's code and the duration, each change of status
and each delivery receipt. "request" explains one of them. Never shows the code, the e-mail address or the number.

${MOBILE_HELP}

  --most <count>   how many requests to show, at most ${MOST} (5)
  --json           for programs
`,
  async run(args, context) {
    const { say } = context.terminal
    const options = {
      most: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const word = onePositional(positionals, 'mobile number')
    const most = parseCount('--most', values.most, MOST)
    const chosen = await choosePhone(word, context)
    const { config, mobile, ph, fault } = chosen
    const [state, history] = await withStore(config, ({ redis }) =>
      Promise.all([readPhoneState(redis, chosen), readHistory(redis, ph, config.historyHours)]),
    )
    const requests = history.slice(0, most)
    if (values.json) return say(toJson({ pseudonym: ph, fault, ...state, requests }))
    const shown =
      requests.length === 0
        ? [
            config.policy.history_hours === 0
              ? 'requests: the history is off (history_hours: 0)'
              : 'requests: none',
          ]
        : ['requests, the newest first:', ...showRequests(requests)]
    const lines = [
      `${maskMobile(mobile)}, pseudonym ${ph}`,
      ...(fault === undefined ? [] : [FAULTS[fault]]),
      '',
      ...showPhoneState(state),
      '',
      ...shown,
    ]
    lines.forEach(say)
  },
}
