// Rehearses the Docker images without a Docker engine. For every app, this script runs the npm commands and
// copies of the Dockerfile in a temporary directory and starts the app there with the image's command. System
// packages such as tini are not rehearsed.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { startRedis } from '@sms-codes/launcher/redis'
import buildApps from './build-apps.ts'

const ROOT = join(import.meta.dirname, '..')
const STAGES = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(/^FROM /m)
const stage = (name: string) => STAGES.find((text) => new RegExp(`^\\S+ AS ${name}\\n`).test(text)) ?? ''

const secret = () => randomBytes(32).toString('base64')
const keys = { PHONE_KEY: secret(), CODE_KEYS: `k1:${secret()}` }

const POLICY_FILE = policyFile({
  budget: { messages: ['100/1h'] },
  gateways: {
    ccp: { account: 'a'.repeat(32), app: 'c'.repeat(32), messages: [{ template: '5001' }] },
  },
})

/** An address for browsers, which answers when the app is ready. */
type Page = { port: string; path: string }

/** The variables that each app needs in production, and where it answers. */
const APPS: Record<string, { env: Record<string, string>; port: string; path: string; page?: Page }> = {
  api: {
    env: { ...keys, POLICY_FILE },
    port: 'API_OPS_PORT',
    path: '/readyz',
    page: { port: 'API_PORT', path: '/element.js' },
  },
  worker: {
    env: {
      ...keys,
      POLICY_FILE,
      CCP_AUTH_TOKEN: 'b'.repeat(32),
    },
    port: 'WORKER_OPS_PORT',
    path: '/readyz',
  },
  board: { env: { BOARD_PASSWORD: secret() }, port: 'BOARD_PORT', path: '/livez' },
  simulator: { env: {}, port: 'SIMULATOR_PORT', path: '/livez' },
}

/** Returns the flags of Node and the script that the image of this app runs under tini. */
function commandOf(app: string) {
  const read = (name: string, instruction: string) => {
    const [, list = ''] = new RegExp(`^${instruction} \\[(.*)\\]$`, 'm').exec(stage(name)) ?? []
    return [...list.matchAll(/"([^"]*)"/g)].map(([, word = '']) => word)
  }
  const entrypoint = read(app, 'ENTRYPOINT')
  const words = [...(entrypoint.length > 0 ? entrypoint : read('runtime', 'ENTRYPOINT')), ...read(app, 'CMD')]
  const [init, dashes, node, ...rest] = words
  const nodeFlags = rest.filter((word) => word.startsWith('--max-'))
  const script = rest[nodeFlags.length] ?? ''
  if (init !== 'tini' || dashes !== '--' || node !== 'node')
    throw new Error(`${app}: the image must run node under tini, but it runs "${words.join(' ')}"`)
  return { nodeFlags, script }
}

/** Fills `dir` with the content of this app's image. */
function fill(app: string, dir: string): void {
  const manifests = ['apps', 'packages'].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).map((name) => join(kind, name, 'package.json')),
  )
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests]) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(join(ROOT, file), join(dir, file))
  }
  const [, install] = /^RUN ([^]*)$/m.exec(stage(`${app}-install`)) ?? []
  if (install === undefined) throw new Error(`the Dockerfile has no stage ${app}-install with a RUN line`)
  // npm's cache holds the packages already, from the installation of the whole project.
  const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' }
  execFileSync('bash', ['-c', install], { cwd: dir, env, stdio: ['ignore', 'ignore', 'inherit'] })
  const copies = [...stage(app).matchAll(/^COPY --from=build \/app\/(\S+) (\S+)$/gm)]
  for (const [, from = '', to = ''] of copies) cpSync(join(ROOT, from), join(dir, to), { recursive: true })
}

/** Runs a command of the ops image, which exits by itself. */
function command(dir: string, redisUrl: string): void {
  const env = { NODE_ENV: 'production', REDIS_URL: redisUrl }
  execFileSync(process.execPath, [join(dir, commandOf('ops').script), 'status'], { cwd: dir, env })
}

async function start(app: string, dir: string, redisUrl: string): Promise<void> {
  const { env, port, path, page = { port, path } } = APPS[app] ?? { env: {}, port: '', path: '' }
  const [readyPort, pagePort] = [String(await freePort()), String(await freePort())]
  const others = { API_PORT: '0', API_OPS_PORT: '0', WORKER_OPS_PORT: '0', SIMULATOR_SMTP_PORT: '0' }
  const { nodeFlags, script } = commandOf(app)
  const child = await startProcess({
    name: app,
    script: join(dir, script),
    nodeFlags,
    cwd: dir,
    env: {
      NODE_ENV: 'production',
      REDIS_URL: redisUrl,
      ...others,
      ...env,
      [page.port]: pagePort,
      [port]: readyPort,
    },
    onLine: () => {},
  })
  const dead = child.exited.then(() => {
    throw new Error(`${app} exited:\n${child.lastLines().join('\n')}`)
  })
  await Promise.race([waitForHttp(`http://127.0.0.1:${readyPort}${path}`, 60_000), dead])
  const answer = await fetch(`http://127.0.0.1:${page.port === port ? readyPort : pagePort}${page.path}`)
  if (!answer.ok) throw new Error(`${app}: ${page.path} answered ${answer.status}`)
  dead.catch(() => {})
  await child.stop()
}

/** Counts the packages that npm has installed. */
function readInstalled(file: string): { packages: number } {
  const lock: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const packages = typeof lock === 'object' && lock !== null && 'packages' in lock ? lock.packages : {}
  return { packages: Object.keys(packages ?? {}).length }
}

buildApps()
const redis = await startRedis()
const rows: Record<string, { packages: number; MB: number; started: boolean }> = {}
for (const app of [...Object.keys(APPS), 'ops']) {
  const dir = mkdtempSync(join(tmpdir(), `sms-codes-image-${app}-`))
  try {
    fill(app, dir)
    for (const unwanted of ['typescript', 'vitest', 'turbo', 'tsx', 'express'])
      if (existsSync(join(dir, 'node_modules', unwanted)))
        throw new Error(`${app}: the image contains the development dependency ${unwanted}`)
    if (app === 'ops') command(dir, redis.url)
    else await start(app, dir, redis.url)
    const [kilobytes = '0'] = execFileSync('du', ['-sk', dir], { encoding: 'utf8' }).split('\t')
    const { packages } = readInstalled(join(dir, 'node_modules/.package-lock.json'))
    rows[app] = { packages, MB: Math.round(Number(kilobytes) / 1024), started: true }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
await redis.stop()
console.table(rows)
