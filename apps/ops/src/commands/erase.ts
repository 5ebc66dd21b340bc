import { parseArgs } from 'node:util'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { maskMobile } from '@sms-codes/core/mobile'
import { onePositional, OpsError, usageError, type Command } from '../args.ts'
import { choosePhone, MOBILE_HELP } from '../phone.ts'
import { withStore } from '../store.ts'

export const erase: Command = {
  summary: 'delete all data about a phone',
  help: `erase <mobile|-> [--yes]

Deletes the codes, rate limits, counts of wrong codes and the contact of a phone in every scene, and prints what it
deleted. The phone's rate limits start again from zero. An entry on a list stays: "unlist --mobile" removes it.

${MOBILE_HELP}

  --yes    do not ask for confirmation
  --help   this text
`,
  async run(args, context) {
    const { terminal } = context
    const options = { yes: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const word = onePositional(positionals, 'mobile number')
    if (!values.yes && (word === '-' || !terminal.canAsk))
      throw usageError('needs --yes, because standard input cannot be used for the confirmation')
    const { config, keyring, mobile } = await choosePhone(word, context)
    const shown = maskMobile(mobile)
    if (!values.yes) {
      const answer = await terminal.ask(`Erase all data about ${shown}? Type yes: `)
      if (answer !== 'yes') throw new OpsError('nothing was erased')
    }
    const erased = await withStore(config, ({ redis }) =>
      createContacts(redis, keyring).erase(mobile, [...config.policies.keys()]),
    )
    terminal.say(erased.length === 0 ? `${shown}: no data found` : `${shown}: erased ${erased.join(', ')}`)
  },
}
