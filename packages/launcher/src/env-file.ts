import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { hasCode } from './startup-error.ts'

/** The variables of a file such as .env; none if the file does not exist. */
export function readEnvFile(file: string): NodeJS.ProcessEnv {
  return { ...parseEnv(readText(file) ?? '') }
}

export function readText(file: string): string | null {
  try {
    // Editors on Windows begin a file with a byte order mark, which would become a part of the first name.
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null
    throw error
  }
}
