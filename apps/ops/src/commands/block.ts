import { parseArgs } from 'node:util'
import { createLists, type ListName } from '@sms-codes/core/limits/allow-deny-lists'
import { parseDuration, usageError, type Command, type Context } from '../args.ts'
import { ENTRY_HELP, readEntry, recordAct } from '../list-entry.ts'
import { MOBILE_HELP } from '../phone.ts'
import { withStore } from '../store.ts'

const REASON = /^\P{C}{0,200}$/u

export const block: Command = {
  summary: 'put a network, a number segment or a phone on the deny list',
  help: helpOf(
    'block',
    `Puts an entry on the deny list and takes it off the allow list. A matching request is refused as if the phone's
rate limit were reached. It takes effect at once in every API process.`,
  ),
  run: (args, context) => put('deny', args, context),
}

export const allow: Command = {
  summary: 'put a network, a number segment or a phone on the allow list',
  help: helpOf(
    'allow',
    `Puts an entry on the allow list and takes it off the deny list. A matching request passes the pumping guard and
the rate limits of address, subnet, segment and country. The image code, the limit of attempts, the phone's rate limit and the
budget still apply. It takes effect at once in every API process.`,
  ),
  run: (args, context) => put('allow', args, context),
}

function helpOf(name: string, what: string): string {
  return `${name} <network|segment|pseudonym> [--for 30m] [--reason text]
${name} --mobile <number|-> [--for 30m] [--reason text]

${what}

${ENTRY_HELP}

${MOBILE_HELP}

  --mobile <number>   a phone by its number
  --for <time>        when the entry expires, such as 30m or 7d; without it the entry stays until "unlist"
  --reason <text>     one line for "lists" and the audit stream, at most 200 characters; phone numbers are masked
  --help              this text
`
}

async function put(list: ListName, args: string[], context: Context): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { mobile: { type: 'string' }, for: { type: 'string' }, reason: { type: 'string', default: '' } },
  })
  const seconds = values.for === undefined ? 0 : parseDuration('--for', values.for)
  const { reason } = values
  if (!REASON.test(reason)) throw usageError('--reason: must be one line of at most 200 characters')
  const { entry, config } = await readEntry(positionals, values.mobile, context)
  await withStore(config, async ({ redis }) => {
    // The record in the audit stream is written before the change, so a crash cannot hide the change.
    await recordAct(redis, { act: list === 'deny' ? 'block' : 'allow', entry, reason })
    await createLists(redis).put(list, entry, seconds)
  })
  const expiry = values.for === undefined ? 'no expiry' : `expires in ${values.for}`
  context.terminal.say(`${list === 'deny' ? 'blocked' : 'allowed'}: ${entry.kind} ${entry.text}, ${expiry}`)
}
