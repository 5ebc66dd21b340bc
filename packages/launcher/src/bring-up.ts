// The way up, step by step: nothing is started before it is known that everything can be.
import { join } from 'node:path'
import { hostOf, PORT_NAMES, portOf, urlOf } from './addresses.ts'
import { createAppLog } from './app-log.ts'
import { appMain, APPS, DATA_DIR, PROJECT_DIR, shownPath, type App } from './apps.ts'
import { developmentEnv } from './dev-env.ts'
import type { Fleet } from './fleet.ts'
import { portFaults } from './ports.ts'
import { startProcess, waitForHttp } from './processes.ts'
import { readyBlock } from './ready-block.ts'
import { redisFault } from './redis-probe.ts'
import { ensureRedisBinary, startRedis } from './redis.ts'
import { StartupError } from './startup-error.ts'

const READY_TIMEOUT_MS = 60_000

type Say = (line: string) => void
type Deps = { fleet: Fleet; signal: AbortSignal; say: Say }

export async function bringUp({ fleet, signal, say }: Deps): Promise<void> {
  const env = developmentEnv(process.env, DATA_DIR)
  await checkPorts(env)
  signal.throwIfAborted()

  say('1/4 Redis')
  const redisUrl = env['REDIS_URL'] ? await givenRedis(env['REDIS_URL']) : await ownRedis(fleet, say)
  signal.throwIfAborted()

  say('2/4 Build')
  await build(fleet)
  signal.throwIfAborted()

  say(`3/4 Start ${APPS.join(', ')}`)
  await Promise.all(APPS.map((app) => startApp(app, { ...env, REDIS_URL: redisUrl }, fleet, say)))

  say('4/4 Wait until they are ready')
  const ready: Record<App, string> = {
    api: `${urlOf(env, 'API_OPS_PORT')}/readyz`,
    worker: `${urlOf(env, 'WORKER_OPS_PORT')}/readyz`,
    board: `${urlOf(env, 'BOARD_PORT')}/livez`,
    simulator: `${urlOf(env, 'SIMULATOR_PORT')}/livez`,
  }
  await Promise.all(APPS.map((app) => waitForApp(app, ready[app], signal)))
  // A password from the environment is known and no business of the screen; one we made up must be told.
  say(readyBlock(env, redisUrl, process.env['BOARD_PASSWORD'] ? '(yours)' : (env['BOARD_PASSWORD'] ?? '')))
}

async function checkPorts(env: NodeJS.ProcessEnv): Promise<void> {
  const ports = PORT_NAMES.map((name) => portOf(env, name))
  const wrong = PORT_NAMES.filter((_, at) => !isPort(ports[at]))
  if (wrong.length > 0) throw new StartupError(`${wrong.join(', ')}: must be a port from 1 to 65535`)
  const faults = await portFaults(ports, hostOf(env))
  const taken = PORT_NAMES.flatMap((name, at) => {
    const fault = faults[at] ?? null
    if (fault === null) return []
    const why = fault === 'EADDRINUSE' ? 'is taken, perhaps by another npm start' : `cannot be used: ${fault}`
    return [`${name}: port ${ports[at]} ${why}. Free it, or set ${name} to another one.`]
  })
  if (taken.length > 0) throw new StartupError(taken.join('\n'))
}

function isPort(port: number | undefined): boolean {
  return Number.isInteger(port) && port !== undefined && port > 0 && port < 65_536
}

async function givenRedis(url: string): Promise<string> {
  const fault = await redisFault(url)
  if (fault !== null) {
    throw new StartupError(`REDIS_URL is set, but no Redis answers there (${fault}). Start it, or unset it.`)
  }
  return url
}

async function ownRedis(fleet: Fleet, say: Say): Promise<string> {
  const binary = await ensureRedisBinary({ say })
  const redis = await startRedis({ binary, dir: join(DATA_DIR, 'redis'), persistent: true, detached: true })
  await fleet.add('redis', redis)
  say(`    ${binary} on port ${redis.port}, data in ${shownPath('redis')}`)
  return redis.url
}

async function build(fleet: Fleet): Promise<void> {
  const lines: string[] = []
  const turbo = await startProcess({
    name: 'build',
    script: join(PROJECT_DIR, 'node_modules/.bin/turbo'),
    args: ['run', 'build', '--filter=./apps/*', '--output-logs=errors-only'],
    cwd: PROJECT_DIR,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    detached: true,
    onLine: (line) => lines.push(line),
  })
  await fleet.addTask('build', turbo)
  const { code } = await turbo.exited
  if (code !== 0) throw new StartupError(['The build failed:', ...lines].join('\n'), 1)
}

async function startApp(app: App, env: NodeJS.ProcessEnv, fleet: Fleet, say: Say): Promise<void> {
  const onLine = createAppLog(app, join(DATA_DIR, 'logs', `${app}.log`), say)
  const script = appMain(app)
  await fleet.add(
    app,
    await startProcess({ name: app, script, cwd: PROJECT_DIR, env, detached: true, onLine }),
  )
}

async function waitForApp(app: App, url: string, signal: AbortSignal): Promise<void> {
  try {
    await waitForHttp(url, READY_TIMEOUT_MS, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new StartupError(
      `${app} does not get ready (${String(error)}). See ${shownPath('logs', `${app}.log`)}`,
      1,
    )
  }
}
