import { parseArgs } from 'node:util'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createAudit } from '@sms-codes/core/limits/audit'
import { maskMobile } from '@sms-codes/core/mobile'
import { onePositional, usageError, type Command } from '../args.ts'
import { choosePhone, MOBILE_HELP } from '../phone.ts'
import { withStore } from '../store.ts'

export const erase: Command = {
  summary: 'delete all data about a phone',
  help: `erase <mobile|-> --yes

Deletes the codes, rate limits, counts of wrong codes and the contact of a phone in every scene, and prints what it
deleted. The phone's rate limits start again from zero. An entry on a list stays: "unlist --mobile" removes it.
The audit stream keeps the pseudonym of the phone.

${MOBILE_HELP}

  --yes    required, because the data cannot be restored
`,
  async run(args, context) {
    const options = { yes: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const word = onePositional(positionals, 'mobile number')
    if (!values.yes) throw usageError('needs --yes, because the data cannot be restored')
    const { config, keyring, mobile, ph } = await choosePhone(word, context)
    const shown = maskMobile(mobile)
    const erased = await withStore(config, async ({ redis }) => {
      // The record in the audit stream is written before the change, so a crash cannot hide the change.
      await createAudit(redis)({ what: 'operator', act: 'erase', entry: ph, reason: '' })
      return createContacts(redis, keyring).erase(mobile, [...config.policies.keys()])
    })
    const result = erased.length === 0 ? 'no data found' : `erased ${erased.join(', ')}`
    context.terminal.say(`${shown}: ${result}`)
  },
}
