import { parseArgs } from 'node:util'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { maskMobile } from '@sms-codes/core/mobile'
import { onePositional, usageError, type Command } from '../args.ts'
import { choosePhone, MOBILE_HELP } from '../phone.ts'
import { withStore } from '../store.ts'

export const erase: Command = {
  summary: 'delete all data about a phone',
  help: `erase <mobile|-> --yes

Deletes the codes, rate limits, counts of wrong codes and the contact of a phone in every scene, and prints what it
deleted. The phone's rate limits start again from zero. An entry on a list stays: "unlist --mobile" removes it.

${MOBILE_HELP}

  --yes    required, because the data cannot be restored
`,
  async run(args, context) {
    const options = { yes: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const word = onePositional(positionals, 'mobile number')
    if (!values.yes) throw usageError('needs --yes, because the data cannot be restored')
    const { config, keyring, mobile } = await choosePhone(word, context)
    const shown = maskMobile(mobile)
    const erased = await withStore(config, ({ redis }) =>
      createContacts(redis, keyring).erase(mobile, [...config.policies.keys()]),
    )
    const result = erased.length === 0 ? 'no data found' : `erased ${erased.join(', ')}`
    context.terminal.say(`${shown}: ${result}`)
  },
}
