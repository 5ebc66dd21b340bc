import type { Env } from '@sms-codes/core/config/load'
import { scrub } from '@sms-codes/core/mobile'
import type { Terminal } from './terminal.ts'

export const EXIT_FAILED = 1
export const EXIT_USAGE = 2

/**
 * Ends a command. The message is printed without a stack. A message never repeats an argument, because an argument
 * may be a phone number.
 */
export class OpsError extends Error {
  override readonly name = 'OpsError'
  readonly exitCode: number
  constructor(message: string, exitCode = EXIT_FAILED) {
    super(message)
    this.exitCode = exitCode
  }
}

export const usageError = (message: string) => new OpsError(message, EXIT_USAGE)

export type Context = { env: Env; terminal: Terminal }

/** `run` returns if the command succeeded, and throws OpsError if it did not. */
export type Command = {
  /** One line for the list of commands. */
  summary: string
  help: string
  run: (args: string[], context: Context) => Promise<void>
}

/** Returns the only positional argument; `what` names it in the error. @throws OpsError */
export function onePositional(given: readonly string[], what: string): string {
  const [one, ...more] = given
  if (one === undefined) throw usageError(`${what} is missing`)
  if (more.length > 0) throw usageError(`takes one ${what}, got ${given.length} arguments`)
  return one
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const LONGEST_DAYS = 3_650

/** Converts `90s`, `30m`, `2h` or `7d` to seconds. @throws OpsError that names the option */
export function parseDuration(option: string, text: string): number {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? 0)
  if (seconds < 1 || seconds > LONGEST_DAYS * 86_400)
    throw usageError(`${option}: must be a time such as 90s, 30m, 2h or 7d, at most ${LONGEST_DAYS}d`)
  return seconds
}

/** Checks the text of --reason, and masks the numbers and codes in it. @throws OpsError */
export function parseReason(text: string): string {
  if (/^\P{C}{0,200}$/u.test(text)) return scrub(text)
  throw usageError('--reason: must be one line of at most 200 characters')
}

/** @throws OpsError that names the option */
export function parseCount(option: string, text: string, most: number): number {
  const count = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > most) throw usageError(`${option}: must be a number from 1 to ${most}`)
  return count
}
