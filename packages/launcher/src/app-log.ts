// What becomes of an app's output: all of it goes to a file, and to the terminal goes what a person
// should see now: warnings, errors, and lines that are not log lines at all.
import { mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
const SHOWN_FROM = LEVELS.indexOf('warn')
// In every line, and no news on a terminal.
const LEFT_OUT = new Set(['level', 'time', 'pid', 'hostname', 'app', 'msg', 'err'])

/** Returns what takes the app's lines; the file holds one run. */
export function createAppLog(name: string, file: string, show: (line: string) => void) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const log = openSync(file, 'w', 0o600)
  return (line: string): void => {
    // Synchronous, so that the last lines of an app that dies are never lost.
    writeSync(log, `${line}\n`)
    const shown = terminalLine(line)
    if (shown !== null) show(`[${name}] ${shown}`)
  }
}

/** The line as a person reads it; null when the file is enough. */
export function terminalLine(line: string): string | null {
  const entry = parseEntry(line)
  if (entry === null) return line
  const level = levelOf(entry['level'])
  if (level < SHOWN_FROM) return null
  const fields = Object.entries(entry).filter(([name]) => !LEFT_OUT.has(name))
  const rest = fields.length > 0 ? ` ${JSON.stringify(Object.fromEntries(fields))}` : ''
  return `${(LEVELS[level] ?? 'warn').toUpperCase()} ${text(entry['msg'])}${rest}${errorText(entry['err'])}`
}

function parseEntry(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) && 'level' in value ? value : null
  } catch {
    return null
  }
}

// pino writes a number (30 is info) unless it was told to write the name.
function levelOf(level: unknown): number {
  return typeof level === 'number' ? Math.floor(level / 10) - 1 : LEVELS.indexOf(text(level))
}

function errorText(err: unknown): string {
  if (!isRecord(err)) return ''
  const what = text(err['stack']) || `${text(err['type'])} ${text(err['message'])}`
  return `\n${what}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
