// Policy files for processes that this machine starts for tests and measurements.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** JSON is YAML, so the settings of a policy file can be an object. */
export function writePolicy(file: string, policy: object): string {
  writeFileSync(file, `${JSON.stringify(policy, null, 2)}\n`)
  return file
}

/**
 * Writes a policy file and returns its path, for POLICY_FILE. Equal settings have the same file.
 * @param policy the settings that differ from the built-in ones, or the text of a file
 */
export function policyFile(policy: object | string): string {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy, null, 2)
  const dir = join(tmpdir(), 'sms-codes-policies')
  mkdirSync(dir, { recursive: true })
  const file = join(dir, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.yaml`)
  writeFileSync(file, text)
  return file
}
