// A copy of the launcher in a temporary project. Its apps and its build are a few lines each, so a test of
// `npm start` takes about a second.
import { readFileSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../src/processes.ts'

const PORTS = {
  api: ['API_PORT', 'API_OPS_PORT'],
  worker: ['WORKER_OPS_PORT'],
  board: ['BOARD_PORT'],
  simulator: ['SIMULATOR_PORT', 'SIMULATOR_SMTP_PORT'],
}

export async function createProject() {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'launcher-project-')))
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(join(dir, path, '..'), { recursive: true })
    await writeFile(join(dir, path), content)
  }
  await cp(join(import.meta.dirname, '../src'), join(dir, 'packages/launcher/src'), { recursive: true })
  await write('package.json', '{ "type": "module" }')
  await write('node_modules/.bin/turbo', '')
  await chmod(join(dir, 'node_modules/.bin/turbo'), 0o755)

  return {
    dir,
    write,
    async addApps(): Promise<void> {
      for (const [app, ports] of Object.entries(PORTS))
        await write(`apps/${app}/dist/main.js`, appCode(app, ports))
    },
    events: (): string[] => readFileSync(join(dir, 'events'), 'utf8').trim().split('\n'),
    /** Runs a script of the copy. `onLine` gets the lines of stdout and stderr. */
    run: (script: string, args: string[], env: NodeJS.ProcessEnv, onLine: (line: string) => void) =>
      startProcess({
        name: script,
        command: process.execPath,
        args: ['--import', 'tsx', join(dir, 'packages/launcher/src', script), ...args],
        env: { PATH: process.env['PATH'], EVENTS: join(dir, 'events'), ...env },
        detached: true,
        onLine,
      }),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

export type Project = Awaited<ReturnType<typeof createProject>>

function appCode(app: string, ports: string[]): string {
  return `
    import { appendFileSync } from 'node:fs'
    import { createServer } from 'node:http'
    const tell = (what) => appendFileSync(process.env.EVENTS, what + '\\n')
    tell('${app} ' + process.pid)
    for (const port of ${JSON.stringify(ports)}) {
      createServer((_, response) => response.end()).listen(process.env[port], '127.0.0.1')
    }
    process.on('SIGTERM', () => { tell('${app} stopped'); process.exit() })
    if (process.env.DIES === '${app}') {
      console.error('the last words of ${app}')
      process.exit(Number(process.env.DIES_WITH ?? 3))
    }`
}
