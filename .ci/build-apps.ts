// Builds what users run: the apps and the launcher. Turbo skips packages whose sources have not changed.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

export default function buildApps(): void {
  const root = join(import.meta.dirname, '..')
  const turbo = join(root, 'node_modules/.bin/turbo')
  const { status, stdout, stderr } = spawnSync(
    turbo,
    ['run', 'build', '--filter=./apps/*', '--filter=@sms-codes/launcher'],
    { cwd: root, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`)
}
