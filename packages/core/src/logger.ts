import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { scrub } from './mobile.ts'

export type { Logger }

/**
 * Logs JSON lines. Only the listed fields of an error are logged, because the errors of libraries carry secrets:
 * ioredis keeps the whole command with its arguments in `err.command`, and `cause` may nest further errors.
 */
export function createLogger(app: string, level: string, destination?: DestinationStream): Logger {
  const formatters = { level: (label: string) => ({ level: label }) }
  const timestamp = stdTimeFunctions.isoTime
  const options = { level, base: { app }, timestamp, formatters, serializers: { err: serializeError } }
  return pino(options, destination)
}

export function serializeError(err: unknown): Record<string, string> {
  if (!(err instanceof Error)) return { type: typeof err, message: scrub(String(err)) }
  return {
    type: err.name,
    message: scrub(err.message),
    ...('code' in err && typeof err.code === 'string' ? { code: err.code } : {}),
    ...(err.stack === undefined ? {} : { stack: scrub(err.stack) }),
  }
}
