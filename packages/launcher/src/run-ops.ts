// `npm run ops`: runs the operators' commands from their sources in this process, with development values.
// While `npm start` runs, the commands use its Redis.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DATA_DIR, PROJECT_DIR } from './apps.ts'
import { servedPort } from './data-dir-lock.ts'
import { developmentEnv } from './dev-env.ts'
import { StartupError } from './startup-error.ts'

// A policy file is checked in the environment that `npm start` gives it as POLICY_FILE.
const [command, file] = process.argv.slice(2)
const checked = command === 'check-policy' && file !== undefined ? { POLICY_FILE: file } : {}

try {
  // The ports of a running npm start may be unknown here, so the command must not replace its policy file.
  const env = { ...process.env, ...checked }
  Object.assign(process.env, developmentEnv(env, DATA_DIR, undefined, { writesPolicy: false }))
  if (!process.env['REDIS_URL'] && process.env['NODE_ENV'] !== 'production') {
    const port = await servedPort(join(DATA_DIR, 'redis'))
    if (port !== null) process.env['REDIS_URL'] = `redis://127.0.0.1:${port}`
  }
  await import(pathToFileURL(join(PROJECT_DIR, 'apps/ops/src/main.ts')).href)
} catch (error) {
  if (!(error instanceof StartupError)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}
