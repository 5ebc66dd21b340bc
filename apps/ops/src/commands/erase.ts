import { parseArgs } from 'node:util'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { maskMobile } from '@sms-codes/core/mobile'
import type { Command } from '../command.ts'
import { MOBILE_HELP } from '../mobile.ts'
import { OpsError, usageError } from '../ops-error.ts'
import { choosePhone } from '../phone.ts'
import { onePositional } from '../positionals.ts'
import { withStore } from '../store.ts'

export const erase: Command = {
  summary: 'forget all that is held about a phone',
  help: `erase <mobile|-> [--yes]

Deletes codes, limits, misses and the contact of a phone in every scene, and prints what there was. Its limits
begin anew. An entry on a list stays: "unlist --mobile" removes it.

${MOBILE_HELP}

  --yes    do not ask
  --help   this text
`,
  async run(args, { env, terminal }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { yes: { type: 'boolean', default: false } },
    })
    const word = onePositional(positionals, 'mobile number')
    if (!values.yes && (word === '-' || !terminal.canAsk))
      throw usageError('needs --yes where nobody can be asked')
    const { config, keyring, mobile } = await choosePhone(word, env, terminal)
    const shown = maskMobile(mobile)
    if (!values.yes) {
      const answer = await terminal.ask(`Erase all that is held about ${shown}? Type yes: `)
      if (answer !== 'yes') throw new OpsError('nothing was erased')
    }
    const erased = await withStore(config.redisUrl, ({ redis }) =>
      createContacts(redis, keyring).erase(mobile, [...config.policies.keys()]),
    )
    terminal.say(
      erased.length === 0 ? `${shown}: there was nothing` : `${shown}: erased ${erased.join(', ')}`,
    )
  },
}
