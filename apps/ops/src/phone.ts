import type { CodePolicy } from '@sms-codes/core/codes/code-store'
import { createKeyring, type Keyring } from '@sms-codes/core/keyring'
import { loadNumbers } from '@sms-codes/core/numbers'
import { OpsError, usageError, type Context } from './args.ts'
import { loadPhoneConfig, type PhoneConfig } from './config.ts'

/** A part of the help of each command that takes a number. */
export const MOBILE_HELP = `Every user of this machine can see a number on the command line (ps), and the shell keeps it in its history.
Write "-" in place of the number to read it from standard input.`

/** The phone that a command is about. A command may show its pseudonym `ph`, and must not show its whole number. */
export type Phone = {
  config: PhoneConfig
  keyring: Keyring
  mobile: string
  ph: string
  /** Why the API sends no message to the phone. */
  fault?: 'landline' | 'countryNotServed'
}

const FAULTS = {
  mobileWrong:
    'not a mobile number: expected the eleven digits of the mainland, or a plus, the calling code and the number',
  landline: 'it belongs to a landline, which gets no messages',
  countryNotServed: 'the policy does not serve the country of this number (countries)',
}

/**
 * Loads the configuration, then reads the number. The policy need not serve its country, so that the data of a phone can be
 * seen and erased still.
 * @param word the number, or - for standard input
 * @throws ConfigError, OpsError if it is not a number, or the operator stops the command
 */
export async function choosePhone(word: string, { env, terminal }: Context): Promise<Phone> {
  const config = loadPhoneConfig(env)
  const keyring = createKeyring(config.keyring)
  const typed = word === '-' ? await terminal.readInput() : word
  if (terminal.signal.aborted) throw new OpsError('stopped')
  const number = (await loadServed(config))(typed)
  if (!('mobile' in number)) throw usageError(FAULTS[number.fault])
  const { mobile } = number
  const fault = 'fault' in number ? { fault: number.fault } : {}
  return { config, keyring, mobile, ph: keyring.pseudonym(mobile), ...fault }
}

/** The country of a phone that gets messages. @throws OpsError if it gets none */
export async function countryOf({ config, mobile }: Phone): Promise<string> {
  const number = (await loadServed(config))(mobile)
  if ('fault' in number) throw usageError(FAULTS[number.fault])
  return number.country
}

const loadServed = ({ countries }: PhoneConfig) => loadNumbers(new Set(Object.keys(countries)))

/** Returns a function that finds the policy of a scene. @throws OpsError for a scene that the policy does not have */
export function policyOf({ policies }: PhoneConfig) {
  return (scene: string): CodePolicy => {
    const policy = policies.get(scene)
    if (policy === undefined) throw usageError(`--scene: must be one of ${[...policies.keys()].join(', ')}`)
    return policy
  }
}
