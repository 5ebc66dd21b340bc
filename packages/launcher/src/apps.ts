// The four programs this package runs, and where they and their data are.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { StartupError } from './startup-error.ts'

export const APPS = ['api', 'worker', 'board', 'simulator'] as const
export type App = (typeof APPS)[number]

// The same depth from src/ and from dist/.
export const PROJECT_DIR = join(import.meta.dirname, '../../..')
/** Redis' data, logs and made-up secrets; `DATA_DIR` keeps two of them apart on one machine. */
export const DATA_DIR = process.env['DATA_DIR'] || join(PROJECT_DIR, '.data')

/** A place below DATA_DIR as a person sees it from where they are. */
export const shownPath = (...parts: string[]) => relative(process.cwd(), join(DATA_DIR, ...parts))

/** The built app's entry; throws when there is no such app or no build of it. */
export function appMain(name: string): string {
  const app = APPS.find((known) => known === name)
  if (app === undefined) throw new StartupError(`There is no app "${name}"; there are ${APPS.join(', ')}.`)
  const main = join(PROJECT_DIR, 'apps', app, 'dist/main.js')
  if (!existsSync(main)) throw new StartupError(`apps/${app} is not built: npm run build`)
  return main
}
