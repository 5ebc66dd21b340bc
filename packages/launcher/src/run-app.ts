// `npm run start:<app>`: imports one built app into this process, so signals reach the app directly and the
// pid is the app's.
import { pathToFileURL } from 'node:url'
import { appMain, APPS, DATA_DIR } from './apps.ts'
import { developmentEnv } from './dev-env.ts'
import { StartupError } from './startup-error.ts'

const USAGE = `Usage: node packages/launcher/dist/run-app.js <${APPS.join('|')}>

Runs one built app in this process. Variables come from the environment, then from .env. Unless
NODE_ENV=production, the other required variables get development values. REDIS_URL gets none: without
it, the app uses its own default.`

const [name = ''] = process.argv.slice(2)
if (['--help', '-h'].includes(name)) console.log(USAGE)
else await run()

async function run(): Promise<void> {
  try {
    const main = appMain(name)
    Object.assign(process.env, developmentEnv(process.env, DATA_DIR))
    await import(pathToFileURL(main).href)
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    console.error(`${error.message}\n\n${USAGE}`)
    process.exitCode = error.exitCode
  }
}
