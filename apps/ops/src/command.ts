import type { Env } from '@sms-codes/core/config/load'
import type { Terminal } from './terminal.ts'

export type Context = { env: Env; terminal: Terminal }

/** `run` returns when all is done and throws OpsError when it is not. */
export type Command = {
  /** One line for the list of commands. */
  summary: string
  help: string
  run: (args: string[], context: Context) => Promise<void>
}
