import { ConfigError, EXIT_CONFIG } from '@sms-codes/core/config/load'
import { serializeError } from '@sms-codes/core/logger'
import { versionOf } from '@sms-codes/core/process/version'
import { EXIT_FAILED, EXIT_USAGE, OpsError, type Command, type Context } from './args.ts'
import { allow, block, unlist } from './commands/block.ts'
import { audit } from './commands/audit.ts'
import { checkPolicy } from './commands/check-policy.ts'
import { config } from './commands/config.ts'
import { drain, resume } from './commands/drain.ts'
import { erase } from './commands/erase.ts'
import { failures } from './commands/failures.ts'
import { gateway } from './commands/gateway.ts'
import { lists } from './commands/lists.ts'
import { phone } from './commands/phone.ts'
import { request } from './commands/request.ts'
import { sendTest } from './commands/send-test.ts'
import { status } from './commands/status.ts'

const COMMANDS = new Map<string, Command>(
  Object.entries({
    status,
    failures,
    request,
    phone,
    drain,
    resume,
    block,
    allow,
    unlist,
    lists,
    erase,
    'send-test': sendTest,
    gateway,
    config,
    audit,
    'check-policy': checkPolicy,
  }),
)

const HELP = `Usage: npm run ops -- <command> [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

"<command> --help" explains a command. "--version" shows the version of this build. The commands read the same
environment as the API and the workers (docs/configuration.md). While npm start runs, npm run ops uses its Redis and
its keys.
Exit codes: 0 success, 1 failure, 2 wrong usage, 78 faulty configuration. The output never contains a code, a key or
a whole phone number.
`

/** Runs the command that `argv` names. @returns the exit code */
export async function runCli(argv: readonly string[], context: Context): Promise<number> {
  const [name = '', ...args] = argv
  const { terminal } = context
  if (name === '--version') {
    terminal.say(versionOf(context.env))
    return 0
  }
  const command = COMMANDS.get(name)
  if (command === undefined) {
    const asked = ['--help', '-h', 'help'].includes(name)
    if (asked) terminal.say(HELP.trimEnd())
    else terminal.complain(`${name === '' ? 'a command is missing' : 'unknown command'}\n\n${HELP}`)
    return asked ? 0 : EXIT_USAGE
  }
  // Words after "--" are not options.
  const options = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length)
  if (options.includes('--help') || options.includes('-h')) {
    terminal.say(command.help.trimEnd())
    return 0
  }
  try {
    await command.run(args, context)
    return 0
  } catch (err) {
    const { message, exitCode } = explain(err)
    terminal.complain(`${name}: ${message}`)
    if (exitCode === EXIT_USAGE) terminal.complain(`See: npm run ops -- ${name} --help`)
    return exitCode
  }
}

function explain(err: unknown): { message: string; exitCode: number } {
  if (err instanceof OpsError) return err
  if (err instanceof ConfigError) return { message: err.message, exitCode: EXIT_CONFIG }
  if (err instanceof TypeError && 'code' in err && String(err.code).startsWith('ERR_PARSE_ARGS'))
    return { message: usageFault(err.message, String(err.code)), exitCode: EXIT_USAGE }
  const { message = '', stack = message } = serializeError(err)
  return { message: `unexpected error, please report it: ${stack}`, exitCode: EXIT_FAILED }
}

/** The message of parseArgs repeats the argument, which may be a number or a code, so all digits are masked. */
const usageFault = (message: string, code: string) =>
  code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' ? 'unexpected argument' : message.replaceAll(/[0-9]+/g, '*')
