// Rehearses the images without a Docker engine: for every app the lines of the Dockerfile that decide what is
// inside, run in a folder of their own, and the app started from it as the image would, but without tini: packages
// of the system are not rehearsed.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { startRedis } from '@sms-codes/launcher/redis'
import build from './build.ts'

const ROOT = join(import.meta.dirname, '../..')
const STAGES = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(/^FROM /m)
const stage = (name: string) => STAGES.find((text) => new RegExp(`^\\S+ AS ${name}\\n`).test(text)) ?? ''

const secret = () => randomBytes(32).toString('base64')
const keys = { PHONE_KEY: secret(), CODE_KEYS: `k1:${secret()}` }

/** What each app needs to start in production, and where it answers. */
const APPS: Record<string, { env: Record<string, string>; port: string; path: string }> = {
  api: { env: { ...keys, BUDGET_MESSAGES: '100/3600' }, port: 'API_OPS_PORT', path: '/readyz' },
  worker: {
    env: {
      ...keys,
      SMS_GATEWAYS: 'ccp',
      CCP_ACCOUNT_SID: 'a'.repeat(32),
      CCP_AUTH_TOKEN: 'b'.repeat(32),
      CCP_APP_ID: 'c'.repeat(32),
      CCP_TEMPLATE_ID: '1',
    },
    port: 'WORKER_OPS_PORT',
    path: '/readyz',
  },
  board: { env: { BOARD_PASSWORD: secret() }, port: 'BOARD_PORT', path: '/livez' },
  simulator: { env: {}, port: 'SIMULATOR_PORT', path: '/livez' },
}

/** The script that the image of this app runs under tini. */
function scriptOf(app: string): string {
  const read = (name: string, instruction: string) => {
    const [, list = ''] = new RegExp(`^${instruction} \\[(.*)\\]$`, 'm').exec(stage(name)) ?? []
    return [...list.matchAll(/"([^"]*)"/g)].map(([, word = '']) => word)
  }
  const own = read(app, 'ENTRYPOINT')
  const words = [...(own.length > 0 ? own : read('runtime', 'ENTRYPOINT')), ...read(app, 'CMD')]
  const [init, dashes, node, script = ''] = words
  if (init !== 'tini' || dashes !== '--' || node !== 'node')
    throw new Error(`${app}: its image runs "${words.join(' ')}", and not node under tini`)
  return script
}

/** Puts into `dir` what the image of this app holds. */
function fill(app: string, dir: string): void {
  const manifests = ['apps', 'packages'].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).map((name) => join(kind, name, 'package.json')),
  )
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests]) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(join(ROOT, file), join(dir, file))
  }
  const [, install] = /^RUN ([^]*)$/m.exec(stage(`${app}-install`)) ?? []
  if (install === undefined) throw new Error(`the Dockerfile has no stage ${app}-install that runs anything`)
  // The packages were fetched a moment ago, for the whole project.
  const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' }
  execFileSync('bash', ['-c', install], { cwd: dir, env, stdio: ['ignore', 'ignore', 'inherit'] })
  const copies = [...stage(app).matchAll(/^COPY --from=build \/app\/(\S+) (\S+)$/gm)]
  for (const [, from = '', to = ''] of copies) cpSync(join(ROOT, from), join(dir, to), { recursive: true })
}

/** A command and no server: it has done its work when it has ended well. */
function command(dir: string, redisUrl: string): void {
  const env = { NODE_ENV: 'production', REDIS_URL: redisUrl }
  execFileSync(process.execPath, [join(dir, scriptOf('ops')), 'status'], { cwd: dir, env })
}

async function start(app: string, dir: string, redisUrl: string): Promise<void> {
  const { env, port, path } = APPS[app] ?? { env: {}, port: '', path: '' }
  const own = String(await freePort())
  const others = { API_PORT: '0', API_OPS_PORT: '0', WORKER_OPS_PORT: '0', SIMULATOR_SMTP_PORT: '0' }
  const child = await startProcess({
    name: app,
    script: join(dir, scriptOf(app)),
    cwd: dir,
    env: { NODE_ENV: 'production', REDIS_URL: redisUrl, ...others, ...env, [port]: own },
    onLine: () => {},
  })
  const dead = child.exited.then(() => {
    throw new Error(`${app} ended:\n${child.lastLines().join('\n')}`)
  })
  await Promise.race([waitForHttp(`http://127.0.0.1:${own}${path}`, 20_000), dead])
  dead.catch(() => {})
  await child.stop()
}

/** What npm wrote down of an installation. */
function readInstalled(file: string): { packages: number } {
  const lock: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const packages = typeof lock === 'object' && lock !== null && 'packages' in lock ? lock.packages : {}
  return { packages: Object.keys(packages ?? {}).length }
}

build()
const redis = await startRedis()
const rows: Record<string, { packages: number; MB: number; started: boolean }> = {}
for (const app of [...Object.keys(APPS), 'ops']) {
  const dir = mkdtempSync(join(tmpdir(), `sms-codes-image-${app}-`))
  try {
    fill(app, dir)
    for (const unwanted of ['typescript', 'vitest', 'turbo', 'tsx'])
      if (existsSync(join(dir, 'node_modules', unwanted)))
        throw new Error(`${app}: its image has ${unwanted}`)
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
