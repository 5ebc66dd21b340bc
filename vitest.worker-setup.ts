import { claimFreePorts } from './packages/launcher/src/ports.ts'

// Files that run side by side take their ports from separate ranges. Vitest numbers its workers from 1.
await claimFreePorts(Number(process.env['VITEST_POOL_ID']))

// Vitest ends its workers with SIGTERM, which by default skips the "exit" event. With this handler, the event
// comes and kills the servers that an interrupted test started (packages/launcher/src/cleanup-at-exit.ts). A worker
// without isolation runs this file before each of its test files.
if (process.listenerCount('SIGTERM') === 0) process.once('SIGTERM', () => process.exit(143))
