import { parseArgs } from 'node:util'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createAudit } from '@sms-codes/core/limits/audit'
import { parseListEntry, type ListEntry } from '@sms-codes/core/limits/networks'
import {
  onePositional,
  OpsError,
  parseDuration,
  parseReason,
  usageError,
  type Command,
  type Context,
} from '../args.ts'
import { loadStoreConfig, type PhoneConfig, type StoreConfig } from '../config.ts'
import { choosePhone, MOBILE_HELP } from '../phone.ts'
import { withStore } from '../store.ts'

const ENTRY_HELP = `An entry is a network (10.1.0.0/16, 2001:db8::/48, or a single address), a number segment (the first 3 to 7
digits: 138 of the mainland, +852 or +8529 of another country) or a phone. The lists name a phone by its pseudonym;
--mobile computes it with PHONE_KEY. Write -- before a pseudonym that begins with a dash.

${MOBILE_HELP}

  --mobile <number>   a phone by its number`
const NOT_AN_ENTRY =
  'not a network, number segment (such as 138 or +852, at most 7 digits) or pseudonym (22 characters); use --mobile for a whole number'
export const block = putCommand(
  'block',
  `Puts an entry on the deny list and takes it off the allow list. A matching request is refused as if the phone's
rate limit were reached. It takes effect at once in every API process.`,
)

export const allow = putCommand(
  'allow',
  `Puts an entry on the allow list and takes it off the deny list. A matching request passes the pumping guard and
the rate limits of address, subnet, segment and country. The image code, the limit of attempts, the phone's rate
limit and the budget still apply. It takes effect at once in every API process.`,
)

function putCommand(act: 'block' | 'allow', what: string): Command {
  const isBlock = act === 'block'
  const list = isBlock ? 'deny' : 'allow'
  return {
    summary: `put a network, a number segment or a phone on the ${list} list`,
    help: `${act} <network|segment|pseudonym> [--for 30m] [--reason text]${isBlock ? ' [--yes]' : ''}
${act} --mobile <number|-> [--for 30m] [--reason text]${isBlock ? ' [--yes]' : ''}

${what}

${ENTRY_HELP}
  --for <time>        when the entry expires, such as 30m or 7d; without it the entry stays until "unlist"
  --reason <text>     one line for "lists" and the audit stream, at most 200 characters; phone numbers are masked
${isBlock ? '  --yes               do not ask; needed without --for and --reason, unless the command runs on a terminal\n' : ''}`,
    async run(args, context) {
      const text = { type: 'string' } as const
      const yes = { type: 'boolean', default: false } as const
      const options = { mobile: text, for: text, reason: { ...text, default: '' }, yes }
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
      const seconds = values.for === undefined ? 0 : parseDuration('--for', values.for)
      const reason = parseReason(values.reason)
      const { entry, config } = await readEntry(positionals, values.mobile, context)
      const isVague = isBlock && values.for === undefined && reason === ''
      if (isVague && !values.yes) await confirmBlock(entry, values.mobile === '-', context)
      await withStore(config, async ({ redis }) => {
        // The record in the audit stream is written before the change, so a crash cannot hide the change.
        await createAudit(redis)({ what: 'operator', act, entry: entry.text, reason })
        await createLists(redis).put(list, entry, seconds)
      })
      const expiry = values.for === undefined ? 'no expiry' : `expires in ${values.for}`
      context.terminal.say(`${act}ed: ${entry.kind} ${entry.text}, ${expiry}`)
    },
  }
}

/** Asks the operator, because the entry would have neither an end nor a reason. @throws OpsError */
async function confirmBlock(
  { kind, text }: ListEntry,
  isInputUsed: boolean,
  { terminal }: Context,
): Promise<void> {
  if (!terminal.isInteractive || isInputUsed)
    throw usageError('needs --for or --reason, or --yes for an entry with neither')
  if (!(await terminal.confirm(`Block the ${kind} ${text} without an end and without a reason?`)))
    throw new OpsError('nothing was blocked')
}

export const unlist: Command = {
  summary: 'take an entry off the deny list and the allow list',
  help: `unlist <network|segment|pseudonym>
unlist --mobile <number|->

Takes an entry off both lists; the exit code is 1 if it was on neither. The lists in the policy file do not
change.

${ENTRY_HELP}
`,
  async run(args, context) {
    const options = { mobile: { type: 'string' } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const { entry, config } = await readEntry(positionals, values.mobile, context)
    await withStore(config, async ({ redis }) => {
      const lists = createLists(redis)
      const [wasAllowed, wasDenied] = [await lists.remove('allow', entry), await lists.remove('deny', entry)]
      if (!wasAllowed && !wasDenied)
        throw new OpsError(`this ${entry.kind} is on neither list; "lists" shows the entries`)
      await createAudit(redis)({ what: 'operator', act: 'unlist', entry: entry.text, reason: '' })
      context.terminal.say(`off the ${wasDenied ? 'deny' : 'allow'} list: ${entry.kind} ${entry.text}`)
    })
  },
}

/** Reads the list entry that a command is about, and the configuration of the command. @throws ConfigError, OpsError */
async function readEntry(
  positionals: readonly string[],
  mobile: string | undefined,
  context: Context,
): Promise<{ entry: ListEntry; config: StoreConfig | PhoneConfig }> {
  if (mobile === undefined) {
    const config = loadStoreConfig(context.env)
    const entry = parseListEntry(onePositional(positionals, 'network, segment or pseudonym'))
    if (entry === null) throw usageError(NOT_AN_ENTRY)
    return { entry, config }
  }
  if (positionals.length > 0) throw usageError('unexpected argument beside --mobile')
  const { ph, config } = await choosePhone(mobile, context)
  return { entry: { kind: 'phone', text: ph }, config }
}
