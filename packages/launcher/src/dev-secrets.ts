// The generated secrets of a developer's machine, in dev.env of the data directory. Processes that start at
// the same moment must get the same secrets, or the worker could not open what the API sealed.
import { hkdfSync, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readEnvFile, readText } from './env-file.ts'
import { simulatedSecrets } from './simulated-vendors.ts'
import { hasCode, StartupError } from './startup-error.ts'

/**
 * Returns the secrets. The first call creates the file. A file of an older version gets the missing ones,
 * derived from its PHONE_KEY: processes that do this at the same moment write the same content.
 */
export function developmentSecrets(dataDir: string): NodeJS.ProcessEnv {
  const file = join(dataDir, 'dev.env')
  const text = readText(file)
  const kept = parseEnv(text ?? '')
  const all = Object.entries(generate(kept['PHONE_KEY'] ?? randomBytes(32)))
  const lines = all.flatMap(([name, value]) => (name in kept ? [] : [`${name}=${value}\n`]))
  // A file of an older version has further variables, which moved to the policy file.
  const secretsOf = (given: NodeJS.ProcessEnv) => Object.fromEntries(all.map(([name]) => [name, given[name]]))
  if (lines.length === 0) return secretsOf(kept)
  makeDir(dataDir)
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, [text?.replace(/\n*$/, '\n') ?? '', ...lines].join(''), { mode: 0o600, flag: 'wx' })
  try {
    // Both calls are atomic. The link fails if another process has created the file first.
    if (text === null) linkSync(draft, file)
    else renameSync(draft, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return secretsOf(readEnvFile(file))
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartupError(`DATA_DIR: cannot create this directory (${String(error)}); choose another`)
  }
}

function generate(seed: string | Buffer): Record<string, string> {
  const derive = (name: string, bytes: number) => Buffer.from(hkdfSync('sha256', seed, '', name, bytes))
  return {
    PHONE_KEY: derive('PHONE_KEY', 32).toString('base64'),
    CODE_KEYS: `k1:${derive('CODE_KEYS', 32).toString('base64')}`,
    BOARD_USER: 'operator',
    BOARD_PASSWORD: derive('BOARD_PASSWORD', 18).toString('base64url'),
    ...simulatedSecrets(derive),
    CALLBACK_TOKEN: derive('CALLBACK_TOKEN', 18).toString('base64url'),
    DEMO_API_KEY: derive('DEMO_API_KEY', 32).toString('hex'),
  }
}
