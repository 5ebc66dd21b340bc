// The four apps, the project's directory, and the directory of their data.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { StartupError } from './startup-error.ts'

export const APPS = ['api', 'worker', 'board', 'simulator'] as const
export type App = (typeof APPS)[number]

// src/ and dist/ have the same depth, so this path is right in both.
export const PROJECT_DIR = join(import.meta.dirname, '../../..')
/**
 * The flags with which Node runs each app: in its image, under npm, and in the unit of systemd. The default is 16 MB.
 * With 8, the API holds 111 MB after 5,000 sends instead of 127, and the worker 102 instead of 128, at 0.91 to 1.04 of
 * the CPU time per send. With 4, the API holds 127 MB again, because more objects grow old, and needs 9 % more CPU. A
 * limit of old objects (512 MB) saves 6 MB more, at 1 to 19 % more CPU.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=8']
/** Holds the data of Redis, the logs and the generated secrets. DATA_DIR separates two instances on one machine. */
export const DATA_DIR = process.env['DATA_DIR'] || join(PROJECT_DIR, '.data')

/** A path below DATA_DIR, relative to the current directory, for messages. */
export const shownPath = (...parts: string[]) => relative(process.cwd(), join(DATA_DIR, ...parts))

/**
 * Returns the path of the built app's entry file.
 * @throws StartupError when the app does not exist or is not built
 */
export function appMain(name: string): string {
  const app = APPS.find((known) => known === name)
  if (app === undefined) throw new StartupError(`unknown app "${name}"; the apps are ${APPS.join(', ')}`)
  const main = join(PROJECT_DIR, 'apps', app, 'dist/main.js')
  if (!existsSync(main)) throw new StartupError(`apps/${app} is not built; run: npm run build`)
  return main
}
