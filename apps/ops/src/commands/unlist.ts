import { parseArgs } from 'node:util'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { OpsError, type Command } from '../args.ts'
import { ENTRY_HELP, readEntry, recordAct } from '../list-entry.ts'
import { MOBILE_HELP } from '../phone.ts'
import { withStore } from '../store.ts'

export const unlist: Command = {
  summary: 'take an entry off the deny list and the allow list',
  help: `unlist <network|segment|pseudonym>
unlist --mobile <number|->

Takes an entry off both lists; the exit code is 1 if it was on neither. The lists in the policy file do not
change.

${ENTRY_HELP}

${MOBILE_HELP}

  --mobile <number>   a phone by its number
  --help              this text
`,
  async run(args, context) {
    const options = { mobile: { type: 'string' } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const { entry, config } = await readEntry(positionals, values.mobile, context)
    await withStore(config, async ({ redis }) => {
      const lists = createLists(redis)
      const wasOn = { allow: await lists.remove('allow', entry), deny: await lists.remove('deny', entry) }
      if (!wasOn.allow && !wasOn.deny)
        throw new OpsError(`this ${entry.kind} is on neither list; "lists" shows the entries`)
      await recordAct(redis, { act: 'unlist', entry, reason: '' })
      context.terminal.say(`off the ${wasOn.deny ? 'deny' : 'allow'} list: ${entry.kind} ${entry.text}`)
    })
  },
}
