import { parseArgs } from 'node:util'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { maskMobile } from '@sms-codes/core/mobile'
import { onePositional, parseDuration, type Command } from '../args.ts'
import { showSeconds } from '../output.ts'
import { choosePhone, MOBILE_HELP, policyOf } from '../phone.ts'
import { followSend } from '../send-test/follow.ts'
import { issueTest } from '../send-test/issue.ts'
import { withStore } from '../store.ts'

export const sendTest: Command = {
  summary: 'send a code to a phone and follow its delivery',
  help: `send-test <mobile|-> [--scene default] [--wait 2m] [--receipt 15s]

Issues one code and enqueues its message as the API does: the phone's rate limit, the budget and the deny list apply.
Prints each status with its time and channel. The exit code is 0 if the message was sent, delivered or sent by
e-mail, and 1 if it failed or was not sent within --wait.

${MOBILE_HELP}

  --scene <name>     a scene of the policy (default)
  --wait <time>      how long to wait until the message is sent (2m)
  --receipt <time>   how long to wait for a delivery receipt after that (15s)
`,
  async run(args, context) {
    const { terminal } = context
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
    const waitMs = parseDuration('--wait', values.wait) * 1000
    const receiptMs = parseDuration('--receipt', values.receipt) * 1000
    const phone = await choosePhone(word, context)
    // An unknown scene is wrong usage, so it is reported before Redis is opened.
    policyOf(phone.config)(scene)
    await withStore(phone.config, async (store) => {
      const codes = createCodeStore(store.redis, phone.keyring, policyOf(phone.config))
      const issued = await issueTest(phone, scene, codes, store)
      const { n } = issued.send
      const which = n === 1 ? 'new code' : `same code again (send ${n})`
      const [shown, life] = [maskMobile(phone.mobile), showSeconds(issued.expiresIn)]
      terminal.say(`${shown}, scene ${scene}: ${which}, valid for ${life}`)
      await followSend(() => codes.find(issued.requestId, [scene]), { waitMs, receiptMs }, terminal)
    })
  },
}
