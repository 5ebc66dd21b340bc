// Loaded with --import: at SIGWINCH, which nothing else in the process handles, the process collects its garbage and writes the size of its heap to standard output.
import { Session } from 'node:inspector/promises'

const session = new Session()
session.connect()
process.on('SIGWINCH', async () => {
  // The first collection frees what finalizers and weak references still hold, and the second frees the rest.
  for (let i = 0; i < 2; i += 1) await session.post('HeapProfiler.collectGarbage')
  process.stdout.write(`heap of ${process.memoryUsage().heapUsed} bytes\n`)
})
