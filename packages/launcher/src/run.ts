// Becomes one built app: it is imported into this process, so this pid is the app's and every signal
// reaches it.
import { pathToFileURL } from 'node:url'
import { appMain, APPS, DATA_DIR } from './apps.ts'
import { developmentEnv } from './dev-env.ts'
import { StartupError } from './startup-error.ts'

const USAGE = `Usage: node packages/launcher/dist/run.js <${APPS.join('|')}>

Runs one built app in this process. Outside NODE_ENV=production, variables that are neither in the
environment nor in .env get development values; REDIS_URL is the app's own default unless it is set.`

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
