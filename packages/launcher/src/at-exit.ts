// What has to be undone however this process ends, short of SIGKILL. It runs synchronously in the
// "exit" event, so it only holds what cannot wait: killing children, removing their traces.

const undos = new Set<() => void>()

function undoAll(): void {
  for (const undo of [...undos].toReversed()) undo()
}

/** Returns the function that forgets the undo again, for when it has been done in the normal way. */
export function atExit(undo: () => void): () => void {
  // One listener for all of them: a test run starts more children than Node's listener warning allows.
  if (!process.listeners('exit').includes(undoAll)) process.on('exit', undoAll)
  undos.add(undo)
  return () => {
    undos.delete(undo)
  }
}
