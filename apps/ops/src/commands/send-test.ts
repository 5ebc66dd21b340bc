import { parseArgs } from 'node:util'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { maskMobile } from '@sms-codes/core/mobile'
import type { Command } from '../command.ts'
import { parseDuration, showSeconds } from '../duration.ts'
import { MOBILE_HELP } from '../mobile.ts'
import { choosePhone } from '../phone.ts'
import { onePositional } from '../positionals.ts'
import { policyOf } from '../policy-of.ts'
import { followSend } from '../send-test/follow.ts'
import { issueTest } from '../send-test/issue.ts'
import { withStore } from '../store.ts'

export const sendTest: Command = {
  summary: 'send a code to a phone and follow it to its end',
  help: `send-test <mobile|-> [--scene default] [--wait 2m] [--receipt 15s]

Issues one code and enqueues it as the API does: the limits of the phone hold, the budget counts it, a phone or
segment that is blocked gets nothing. Prints each state with its time and channel. The exit code is 0 when the
message was sent, delivered or went by e-mail, and 1 when it was not, or not in --wait.

${MOBILE_HELP}

  --scene <name>     one of SCENES (default)
  --wait <time>      how long the message may take to be sent (2m)
  --receipt <time>   how much longer to look for a delivery receipt (15s)
  --help             this text
`,
  async run(args, { env, terminal }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        scene: { type: 'string', default: 'default' },
        wait: { type: 'string', default: '2m' },
        receipt: { type: 'string', default: '15s' },
      },
    })
    const word = onePositional(positionals, 'mobile number')
    const { scene } = values
    const patience = {
      waitMs: parseDuration('--wait', values.wait) * 1000,
      receiptMs: parseDuration('--receipt', values.receipt) * 1000,
    }
    const phone = await choosePhone(word, env, terminal)
    // Looked at before anything is opened: an unknown scene is a fault of the call.
    policyOf(phone.config)(scene)
    await withStore(phone.config.redisUrl, async (store) => {
      const codes = createCodeStore(store.redis, phone.keyring, policyOf(phone.config))
      const issued = await issueTest(phone, scene, codes, store)
      const { n } = issued.send
      const which = n === 1 ? 'a new code' : `the same code once more (send ${n})`
      terminal.say(
        `${maskMobile(phone.mobile)}, scene ${scene}: ${which}, good for ${showSeconds(issued.expiresIn)}`,
      )
      await followSend(() => codes.find(issued.requestId, [scene]), patience, terminal)
    })
  },
}
