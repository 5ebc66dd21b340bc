/**
 * Waits until a server listens. An address that cannot be had ends the process with one line and exit code 1: it
 * may be free in a moment, so a supervisor does well to try again (config.ts has the faults that stay).
 * @param variable the one that holds the port
 * @param listening settles when the server listens, or rejects as Node's `listen` does
 */
export async function listenOrExit<T>(variable: string, listening: Promise<T>): Promise<T> {
  try {
    return await listening
  } catch (err) {
    const fault = listenFault(variable, err)
    if (fault === null) throw err
    process.stderr.write(`${fault}\n`)
    return process.exit(1)
  }
}

function listenFault(variable: string, err: unknown): string | null {
  if (!(err instanceof Error) || !('code' in err)) return null
  switch (err.code) {
    case 'EADDRINUSE':
      return `${variable}: another process listens there already; end it, or take another port`
    case 'EACCES':
      return `${variable}: this process may not listen there; take a port of 1024 or more`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'HOST: is no address of this machine'
    default:
      return null
  }
}
