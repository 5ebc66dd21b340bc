/** EX_CONFIG of sysexits.h: starting again is useless until an operator has changed something. */
export const EXIT_CONFIG = 78

/** A reason not to start that the user can act on. Its message is printed without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
  readonly exitCode: number

  constructor(message: string, exitCode = EXIT_CONFIG) {
    super(message)
    this.exitCode = exitCode
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
