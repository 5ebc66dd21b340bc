/**
 * Waits until a server listens. If the port is taken, prints one line and exits 1 so that a supervisor retries;
 * permanent faults of the configuration exit 78.
 * @param variable the name of the variable that holds the port
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
      return `${variable}: another process listens there already; stop it or set another port`
    case 'EACCES':
      return `${variable}: this process is not allowed to listen there; set a port from 1024 to 65535`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'HOST: is not an address of this machine'
    default:
      return null
  }
}
