// A reason not to start that its reader can act on: the message is printed alone, without a stack.

/** sysexits' EX_CONFIG: a supervisor should not try again until somebody has changed something. */
export const EXIT_CONFIG = 78

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
