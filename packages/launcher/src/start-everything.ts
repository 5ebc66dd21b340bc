// The steps of `npm start`. Faults that can be found in advance (ports, Redis, build) are reported before
// any app starts.
import { join } from 'node:path'
import { hostOf, PORT_NAMES, portOf, urlOf } from './addresses.ts'
import { createAppLog } from './app-log.ts'
import { appMain, APPS, DATA_DIR, NODE_FLAGS, PROJECT_DIR, shownPath, type App } from './apps.ts'
import { redisFault } from './ask-redis.ts'
import type { Children } from './children.ts'
import { developmentEnv } from './dev-env.ts'
import { portFaults } from './ports.ts'
import { startProcess, waitForHttp } from './processes.ts'
import { ensureRedisBinary, startRedis } from './redis.ts'
import { StartupError } from './startup-error.ts'
import { startupSummary } from './startup-summary.ts'

const READY_TIMEOUT_MS = 60_000

type Say = (line: string) => void
type Deps = { children: Children; signal: AbortSignal; say: Say }

export async function startEverything({ children, signal, say }: Deps): Promise<void> {
  const env = developmentEnv(process.env, DATA_DIR)
  await checkPorts(env)
  signal.throwIfAborted()

  const given = env['REDIS_URL']
  if (given) await checkRedis(given)
  signal.throwIfAborted()

  say(given ? '1/3 Build the apps' : '1/3 Start Redis and build the apps')
  // Together, because the first start may have to download Redis.
  const [redisUrl] = await Promise.all([given || ownRedis(children, say), build(children)])
  signal.throwIfAborted()

  say(`2/3 Start ${APPS.join(', ')}`)
  await Promise.all(APPS.map((app) => startApp(app, { ...env, REDIS_URL: redisUrl }, children, say)))

  say('3/3 Wait until they are ready')
  const ready: Record<App, string> = {
    api: `${urlOf(env, 'API_OPS_PORT')}/readyz`,
    worker: `${urlOf(env, 'WORKER_OPS_PORT')}/readyz`,
    board: `${urlOf(env, 'BOARD_PORT')}/livez`,
    simulator: `${urlOf(env, 'SIMULATOR_PORT')}/livez`,
  }
  await Promise.all(APPS.map((app) => waitForApp(app, ready[app], signal)))
  // Only a generated password is shown: the user already knows one that comes from the environment.
  const password = process.env['BOARD_PASSWORD'] ? '(from BOARD_PASSWORD)' : env['BOARD_PASSWORD']
  say(startupSummary(env, redisUrl, password ?? ''))
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
    return [`${name}: port ${ports[at]} ${why}. Free it, or set ${name} to another port.`]
  })
  if (taken.length > 0) throw new StartupError(taken.join('\n'))
}

function isPort(port: number | undefined): boolean {
  return Number.isInteger(port) && port !== undefined && port > 0 && port < 65_536
}

async function checkRedis(url: string): Promise<void> {
  const fault = await redisFault(url)
  if (fault === null) return
  throw new StartupError(
    `REDIS_URL is set, but no Redis answers there (${fault}). Start that Redis, or unset REDIS_URL.`,
  )
}

async function ownRedis(children: Children, say: Say): Promise<string> {
  const binary = await ensureRedisBinary({ say })
  const redis = await startRedis({ binary, dir: join(DATA_DIR, 'redis'), persistent: true, detached: true })
  await children.addService('redis', redis)
  say(`    Redis runs on port ${redis.port} (${binary}), data in ${shownPath('redis')}`)
  return redis.url
}

async function build(children: Children): Promise<void> {
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
  await children.addTask('build', turbo)
  const { code } = await turbo.exited
  if (code !== 0) throw new StartupError(['The build failed:', ...lines].join('\n'), 1)
}

async function startApp(app: App, env: NodeJS.ProcessEnv, children: Children, say: Say): Promise<void> {
  const onLine = createAppLog(app, join(DATA_DIR, 'logs', `${app}.log`), say)
  const script = appMain(app)
  await children.addService(
    app,
    await startProcess({
      name: app,
      script,
      nodeFlags: NODE_FLAGS,
      cwd: PROJECT_DIR,
      env,
      detached: true,
      onLine,
    }),
  )
}

async function waitForApp(app: App, url: string, signal: AbortSignal): Promise<void> {
  try {
    await waitForHttp(url, READY_TIMEOUT_MS, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new StartupError(
      `${app} did not become ready (${String(error)}). See ${shownPath('logs', `${app}.log`)}`,
      1,
    )
  }
}
