import { parseArgs } from 'node:util'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createListAudit } from '../list-audit.ts'
import type { Command } from '../command.ts'
import { readTarget, TARGET_HELP } from '../list-target.ts'
import { MOBILE_HELP } from '../mobile.ts'
import { OpsError } from '../ops-error.ts'
import { withStore } from '../store.ts'

export const unlist: Command = {
  summary: 'undo "block" and "allow"',
  help: `unlist <network|segment|pseudonym>
unlist --mobile <number|->

Takes it off the allow and the deny list; 1 is the exit code when it was on none. The lists in the environment of
the API (ALLOW_LIST, DENY_LIST) stay what they are.

${TARGET_HELP}

${MOBILE_HELP}

  --mobile <number>   a phone by its number
  --help              this text
`,
  async run(args, context) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { mobile: { type: 'string' } },
    })
    const { entry, redisUrl } = await readTarget(positionals, values.mobile, context)
    const found = await withStore(redisUrl, async ({ redis }) => {
      const lists = createLists(redis)
      const wasOn = { allow: await lists.remove('allow', entry), deny: await lists.remove('deny', entry) }
      if (wasOn.allow || wasOn.deny)
        await createListAudit(redis).write({ act: 'unlist', entry: entry.text, reason: '' })
      return wasOn
    })
    if (!found.allow && !found.deny)
      throw new OpsError(`this ${entry.kind} is on no list; "lists" shows both`)
    context.terminal.say(`off the ${found.deny ? 'deny' : 'allow'} list: ${entry.kind} ${entry.text}`)
  },
}
