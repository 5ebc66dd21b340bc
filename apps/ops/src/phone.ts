import { createKeyring, type Keyring } from '@sms-codes/core/keyring'
import type { Env } from '@sms-codes/core/config/load'
import { loadPhoneConfig, type PhoneConfig } from './config.ts'
import { readMobile } from './mobile.ts'
import type { Terminal } from './terminal.ts'

/** The one phone that a command is about. `ph` is its pseudonym, which may be shown; the number may not. */
export type Phone = { config: PhoneConfig; keyring: Keyring; mobile: string; ph: string }

/** @throws ConfigError before anything is read, OpsError for what is no number */
export async function choosePhone(word: string, env: Env, terminal: Terminal): Promise<Phone> {
  const config = loadPhoneConfig(env)
  const keyring = createKeyring(config.keyring)
  const mobile = await readMobile(word, terminal)
  return { config, keyring, mobile, ph: keyring.pseudonym(mobile) }
}
