/** sysexits has other numbers; these are what shells and their scripts know. */
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2

/**
 * Ends a command: the message is printed alone, without a stack, and says what to do. It never repeats what
 * was typed, because that may be a number.
 */
export class OpsError extends Error {
  override readonly name = 'OpsError'
  readonly exitCode: number

  constructor(message: string, exitCode = EXIT_FAILED) {
    super(message)
    this.exitCode = exitCode
  }
}

export const usageError = (message: string) => new OpsError(message, EXIT_USAGE)
