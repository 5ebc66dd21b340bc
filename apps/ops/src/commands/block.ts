import { parseArgs } from 'node:util'
import { createLists, type ListName } from '@sms-codes/core/limits/allow-deny-lists'
import { createListAudit } from '../list-audit.ts'
import type { Command, Context } from '../command.ts'
import { parseDuration } from '../duration.ts'
import { readTarget, TARGET_HELP } from '../list-target.ts'
import { MOBILE_HELP } from '../mobile.ts'
import { usageError } from '../ops-error.ts'
import { withStore } from '../store.ts'

const REASON = /^\P{C}{0,200}$/u

export const block: Command = {
  summary: 'never send to a network, a number segment or a phone',
  help: helpOf(
    'block',
    'Whoever is blocked is refused as if the limit of the phone were full. Takes it off the allow list.',
  ),
  run: (args, context) => put('block', 'deny', args, context),
}

export const allow: Command = {
  summary: 'hold back a network, a segment or a phone by its own limit and the budget only',
  help: helpOf(
    'allow',
    'Whoever is allowed passes the guard and the limits of address, subnet and segment. Takes it off the deny list.',
  ),
  run: (args, context) => put('allow', 'allow', args, context),
}

function helpOf(name: string, what: string): string {
  return `${name} <network|segment|pseudonym> [--for 30m] [--reason text]
${name} --mobile <number|-> [--for 30m] [--reason text]

${what}
It holds at once, for every API.

${TARGET_HELP}

${MOBILE_HELP}

  --mobile <number>   a phone by its number
  --for <time>        how long, such as 30m or 7d; for good without it
  --reason <text>     for "lists" and the audit stream, 200 characters at most; what looks like a number is masked
  --help              this text
`
}

async function put(act: 'block' | 'allow', list: ListName, args: string[], context: Context): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      mobile: { type: 'string' },
      for: { type: 'string' },
      reason: { type: 'string', default: '' },
    },
  })
  const seconds = values.for === undefined ? 0 : parseDuration('--for', values.for)
  const { reason } = values
  if (!REASON.test(reason)) throw usageError('--reason: 200 characters at most, in one line')
  const { entry, redisUrl } = await readTarget(positionals, values.mobile, context)
  await withStore(redisUrl, async ({ redis }) => {
    // Written down first, so that no crash can hide it.
    await createListAudit(redis).write({ act, entry: entry.text, reason })
    await createLists(redis).put(list, entry, seconds)
  })
  const how = values.for === undefined ? 'for good' : `for ${values.for}`
  context.terminal.say(`${list === 'deny' ? 'blocked' : 'allowed'}: ${entry.kind} ${entry.text}, ${how}`)
}
