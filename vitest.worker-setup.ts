// Vitest ends its workers with SIGTERM, which by default skips the "exit" event. With this handler, the event
// comes and kills the servers that an interrupted test started (packages/launcher/src/cleanup-at-exit.ts).
process.once('SIGTERM', () => process.exit(143))
