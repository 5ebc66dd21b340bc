// Cleanups that run however this process ends, short of SIGKILL. They run synchronously in the "exit"
// event, so they may only kill children and delete files.

const cleanups = new Set<() => void>()

function runCleanups(): void {
  for (const cleanUp of [...cleanups].toReversed()) cleanUp()
}

/** Registers a cleanup. The returned function cancels it, for when the work was done before the exit. */
export function cleanUpAtExit(cleanUp: () => void): () => void {
  // A single listener: a test run starts more children than Node allows listeners without a warning.
  if (!process.listeners('exit').includes(runCleanups)) process.on('exit', runCleanups)
  cleanups.add(cleanUp)
  return () => {
    cleanups.delete(cleanUp)
  }
}
