import type { CodePolicy } from '@sms-codes/core/codes/code-store'
import { createKeyring, type Keyring } from '@sms-codes/core/keyring'
import { MOBILE_PATTERN } from '@sms-codes/core/mobile'
import { OpsError, usageError, type Context } from './args.ts'
import { loadPhoneConfig, type PhoneConfig } from './config.ts'

/** A part of the help of each command that takes a number. */
export const MOBILE_HELP = `Every user of this machine can see a number on the command line (ps), and the shell keeps it in its history.
Write "-" in place of the number to read it from standard input.`

/** The phone that a command is about. A command may show its pseudonym `ph`, and must not show its whole number. */
export type Phone = { config: PhoneConfig; keyring: Keyring; mobile: string; ph: string }

const NOT_A_NUMBER =
  'not a mobile number: expected eleven digits that begin with 13 to 19, without prefix or spaces'

/**
 * Loads the configuration, then reads the number.
 * @param word the number, or - for standard input
 * @throws ConfigError, OpsError if it is not a mobile number or the operator stops the command
 */
export async function choosePhone(word: string, { env, terminal }: Context): Promise<Phone> {
  const config = loadPhoneConfig(env)
  const keyring = createKeyring(config.keyring)
  const mobile = word === '-' ? await terminal.readInput() : word
  if (terminal.signal.aborted) throw new OpsError('stopped')
  if (!new RegExp(MOBILE_PATTERN).test(mobile)) throw usageError(NOT_A_NUMBER)
  return { config, keyring, mobile, ph: keyring.pseudonym(mobile) }
}

/** Returns a function that finds the policy of a scene. @throws OpsError for a scene that the policy does not have */
export function policyOf({ policies }: PhoneConfig) {
  return (scene: string): CodePolicy => {
    const policy = policies.get(scene)
    if (policy === undefined) throw usageError(`--scene: must be one of ${[...policies.keys()].join(', ')}`)
    return policy
  }
}
