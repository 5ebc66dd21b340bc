// Starts and stops the simulator. Only this file reads the environment.
import { buildApp } from './app.ts'
import { loadConfig } from './config.ts'

const EX_CONFIG = 78

const loaded = loadConfig(process.env)
if ('faults' in loaded) {
  for (const fault of loaded.faults) process.stderr.write(`simulator: ${fault}\n`)
  process.exit(EX_CONFIG)
}

const app = buildApp(loaded.config)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // Exit without waiting for timers: a delayed answer is worth nothing once the simulator stops.
  process.once(signal, () => void app.close().finally(() => process.exit(0)))
}

try {
  await app.listen({
    host: loaded.config.HOST,
    port: loaded.config.SIMULATOR_PORT,
    listenTextResolver: (address) => `simulator listening at ${address}`,
  })
} catch (error) {
  if (!isPortTaken(error)) throw error
  const name = error.port === loaded.config.SIMULATOR_PORT ? 'SIMULATOR_PORT' : 'SIMULATOR_SMTP_PORT'
  process.stderr.write(
    `simulator: ${name}: another process listens there already; end it, or take another port\n`,
  )
  process.exit(1)
}

function isPortTaken(error: unknown): error is Error & { port: unknown } {
  return error instanceof Error && 'port' in error && 'code' in error && error.code === 'EADDRINUSE'
}
