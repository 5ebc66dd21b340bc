// Vitest ends its workers by SIGTERM, which alone runs no "exit" handler: a test that broke in its set-up would leave
// its servers running. See launcher/src/at-exit.ts.
process.once('SIGTERM', () => process.exit(143))
