import { ConfigError, EXIT_CONFIG } from '@sms-codes/core/config/load'
import { serializeError } from '@sms-codes/core/logger'
import type { Command, Context } from './command.ts'
import { allow, block } from './commands/block.ts'
import { drain } from './commands/drain.ts'
import { erase } from './commands/erase.ts'
import { lists } from './commands/lists.ts'
import { lookup } from './commands/lookup.ts'
import { resume } from './commands/resume.ts'
import { sendTest } from './commands/send-test.ts'
import { status } from './commands/status.ts'
import { unlist } from './commands/unlist.ts'
import { EXIT_FAILED, EXIT_USAGE, OpsError } from './ops-error.ts'

const COMMANDS = new Map<string, Command>(
  Object.entries({
    status,
    drain,
    resume,
    block,
    allow,
    unlist,
    lists,
    lookup,
    erase,
    'send-test': sendTest,
  }),
)

const HELP = `Usage: npm run ops -- <command> [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

"<command> --help" tells more. The environment is that of the API and the workers (docs/configuration.md); beside a
running npm start its Redis and its keys are found. Exit codes: 0 done, 1 failed, 2 wrong use, 78 a fault in the
configuration. No output carries a code, a key or a whole number.
`

/** Runs the command that `argv` names. @returns the exit code */
export async function runCli(argv: readonly string[], context: Context): Promise<number> {
  const [name = '', ...args] = argv
  const { terminal } = context
  const command = COMMANDS.get(name)
  if (command === undefined) {
    const asked = ['--help', '-h', 'help'].includes(name)
    if (asked) terminal.say(HELP.trimEnd())
    else terminal.complain(`${name === '' ? 'a command is missing' : 'there is no such command'}\n\n${HELP}`)
    return asked ? 0 : EXIT_USAGE
  }
  if (asksForHelp(args)) {
    terminal.say(command.help.trimEnd())
    return 0
  }
  try {
    await command.run(args, context)
    return 0
  } catch (err) {
    const { message, exitCode } = explain(err)
    terminal.complain(`${name}: ${message}`)
    if (exitCode === EXIT_USAGE) terminal.complain(`More: npm run ops -- ${name} --help`)
    return exitCode
  }
}

/** What stands behind "--" is no option. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? args.length : end).some((arg) => arg === '--help' || arg === '-h')
}

/** parseArgs repeats the option it does not know, which may be a number or a code; no option of ours has a digit. */
function explain(err: unknown): { message: string; exitCode: number } {
  if (err instanceof OpsError) return err
  if (err instanceof ConfigError) return { message: err.message, exitCode: EXIT_CONFIG }
  if (err instanceof TypeError && 'code' in err && String(err.code).startsWith('ERR_PARSE_ARGS'))
    return { message: err.message.replaceAll(/[0-9]+/g, '*'), exitCode: EXIT_USAGE }
  const { message = '', stack = message } = serializeError(err)
  return { message: `a bug: ${stack}`, exitCode: EXIT_FAILED }
}
