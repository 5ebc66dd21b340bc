import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { hasCode } from './startup-error.ts'

/** The variables of a file such as .env; none if the file does not exist. */
export function readEnvFile(file: string): NodeJS.ProcessEnv {
  return { ...parseEnv(readText(file) ?? '') }
}

export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null
    throw error
  }
}
