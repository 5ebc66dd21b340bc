// Builds what users run: the apps, the launcher, and the packages for pages and back ends.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Builds these packages and those that they need. Turbo skips packages whose sources have not changed. */
export function build(packages: readonly string[]): void {
  const root = join(import.meta.dirname, '..')
  const turbo = join(root, 'node_modules/.bin/turbo')
  const filters = packages.map((name) => `--filter=${name}`)
  const { status, stdout, stderr } = spawnSync(turbo, ['run', 'build', ...filters], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`)
}

export default function buildApps(): void {
  build(['./apps/*', '@sms-codes/launcher', '@sms-codes/element', '@sms-codes/receipts'])
}
