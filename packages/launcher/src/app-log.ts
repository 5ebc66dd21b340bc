// Routes the output of an app. Every line goes to a file. Warnings, errors and lines that are not JSON log
// entries are shown in the terminal as well.
import { mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
const SHOWN_FROM = LEVELS.indexOf('warn')
// Fields of every entry that are not repeated in the terminal, or that are shown in another form.
const NOT_SHOWN = new Set(['level', 'time', 'pid', 'hostname', 'app', 'msg', 'err'])

/** Returns the function to call with each line. The file is overwritten, so it holds one run. */
export function createAppLog(name: string, file: string, show: (line: string) => void) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const log = openSync(file, 'w', 0o600)
  return (line: string): void => {
    // Synchronous, so that the last lines of an app that crashes are not lost.
    writeSync(log, `${line}\n`)
    const shown = terminalLine(line)
    if (shown !== null) show(`[${name}] ${shown}`)
  }
}

/** Returns the line in readable form, or null when it is only for the file. */
export function terminalLine(line: string): string | null {
  const entry = parseEntry(line)
  if (entry === null) return line
  const level = levelOf(entry['level'])
  if (level < SHOWN_FROM) return null
  const fields = Object.entries(entry).filter(([name]) => !NOT_SHOWN.has(name))
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

// pino writes a number (30 is info) unless it is configured to write the name.
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
