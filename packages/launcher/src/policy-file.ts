// Policy files for processes that this machine starts for tests and measurements.
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** JSON is YAML, so the settings of a policy file can be an object. */
export function writePolicy(file: string, policy: object): void {
  replaceFile(
    file,
    `# Written by npm start. Set POLICY_FILE to use another file.\n${JSON.stringify(policy, null, 2)}\n`,
  )
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
  return replaceFile(file, text)
}

/** A process that reads the file at this moment gets the old or the new text. */
function replaceFile(file: string, text: string): string {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text)
  renameSync(draft, file)
  return file
}
