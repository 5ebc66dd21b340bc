import { createServer } from 'node:net'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort, portFaults } from '../src/ports.ts'
import { redisFault } from '../src/ask-redis.ts'
import { startRedis } from '../src/redis.ts'
import { createProject, type Project } from './temp-project.ts'

const NAMES = [
  'API_PORT',
  'BOARD_PORT',
  'SIMULATOR_PORT',
  'SIMULATOR_SMTP_PORT',
  'API_OPS_PORT',
  'WORKER_OPS_PORT',
]

let project: Project
let ports: number[]
beforeEach(async () => {
  project = await createProject()
  await project.addApps()
  ports = await Promise.all(NAMES.map(() => freePort()))
})
afterEach(() => project.remove())

async function npmStart(env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = []
  const portEnv = Object.fromEntries(NAMES.map((name, at) => [name, String(ports[at])]))
  const child = await project.run('start.ts', [], { ...portEnv, ...env }, (line) => lines.push(line))
  const says = async (text: string): Promise<void> => {
    await expect.poll(() => lines.join('\n'), { timeout: 45_000 }).toContain(text)
  }
  return { child, says, output: () => lines.join('\n') }
}

/** The pids of the apps, which they have written to the event file. */
const pids = () =>
  project
    .events()
    .flatMap((event) => event.match(/^\w+ (\d+)$/)?.[1] ?? [])
    .map(Number)

async function expectNothingLeft(redisUrl: string): Promise<void> {
  for (const pid of pids()) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(await portFaults(ports)).toEqual(ports.map(() => null))
  expect(await redisFault(redisUrl)).toContain('ECONNREFUSED')
}

const redisUrlIn = (output: string) => /REDIS_URL=(\S+)/.exec(output)?.[1] ?? ''

test('all apps start, their addresses are printed, and Ctrl-C stops them in order', async () => {
  const { child, says, output } = await npmStart()
  await says('Ctrl-C stops everything.')
  expect(pids()).toHaveLength(4)
  expect(output()).toContain(`Demo page  http://127.0.0.1:${ports[2]}/`)
  expect(output()).toContain(`http://127.0.0.1:${ports[0]}/docs`)
  expect(output()).toMatch(/user operator, password \S{20,}/)
  const settings = ['policy.yaml', 'dev.env'].map((file) =>
    relative(process.cwd(), join(project.dir, '.data', file)),
  )
  expect(output()).toContain(settings.join(' and '))
  const redisUrl = redisUrlIn(output())
  expect(await redisFault(redisUrl)).toBeNull()

  // A terminal signals the whole process group, and tsx and npm forward the signal a second time.
  process.kill(-child.pid, 'SIGINT')
  process.kill(child.pid, 'SIGINT')

  expect(await child.exited).toEqual({ code: 0, signal: null })
  const stops = project.events().filter((event) => event.endsWith('stopped'))
  expect(stops.slice(0, 2).toSorted()).toEqual(['api stopped', 'board stopped'])
  expect(stops.slice(2)).toEqual(['worker stopped', 'simulator stopped'])
  await expectNothingLeft(redisUrl)
  expect(existsSync(join(project.dir, '.data/redis/lock'))).toBe(false)
})

test('the Redis at REDIS_URL is used, and keeps running after the stop', async () => {
  const redis = await startRedis()
  const { child, says, output } = await npmStart({ REDIS_URL: redis.url })
  await says('Ctrl-C stops everything.')
  expect(redisUrlIn(output())).toBe(redis.url)
  await child.stop()
  expect(await redisFault(redis.url)).toBeNull()
  expect(existsSync(join(project.dir, '.data/redis'))).toBe(false)
  await redis.stop()
})

test('the apps are built while Redis is downloaded, and a failed download ends the start with its reason', async () => {
  await project.write(
    'node_modules/.bin/turbo',
    'require("node:fs").appendFileSync(process.env.EVENTS, "build")',
  )
  await project.write('node_modules/package.json', '{ "type": "commonjs" }')
  const wait = 'while ! /bin/grep -qs build "$EVENTS"; do /bin/sleep 0.1; done'
  await project.write('bin/apt-get', `#!/bin/sh\n${wait}\necho "E: no network"\nexit 100\n`)
  await project.write('bin/dpkg-deb', '')
  for (const name of ['apt-get', 'dpkg-deb']) await chmod(join(project.dir, 'bin', name), 0o755)
  const { child, output } = await npmStart({ PATH: join(project.dir, 'bin') })
  expect(await child.exited).toEqual({ code: 78, signal: null })
  expect(output()).toMatch(/Three ways to get one[^]*E: no network/)
  expect(project.events()).toEqual(['build'])
  expect(existsSync(join(project.dir, '.data/programs/redis-tools'))).toBe(false)
})

test('an app that exits stops all others, and its last lines are shown', async () => {
  const { child, output } = await npmStart({ DIES: 'worker' })
  expect(await child.exited).toEqual({ code: 1, signal: null })
  expect(output()).toMatch(/worker exited unexpectedly \(exit code 3\):\n {2}the last words of worker/)
  await expectNothingLeft(`redis://127.0.0.1:${/on port (\d+)/.exec(output())?.[1]}`)
})

test('the exit code is 78 if an app reports a fault of its configuration', async () => {
  const { child } = await npmStart({ DIES: 'api', DIES_WITH: '78' })
  expect(await child.exited).toEqual({ code: 78, signal: null })
})

test('a signal during the build ends the build', async () => {
  await project.write(
    'node_modules/.bin/turbo',
    'require("node:fs").writeFileSync(process.env.EVENTS, "build " + process.pid); setInterval(() => {}, 1000)',
  )
  await project.write('node_modules/package.json', '{ "type": "commonjs" }')
  const { child } = await npmStart()
  await expect.poll(() => existsSync(join(project.dir, 'events')), { timeout: 45_000 }).toBe(true)
  process.kill(child.pid, 'SIGTERM')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  for (const pid of pids()) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('the output of a failed build is shown, and no app is started', async () => {
  await project.write('node_modules/.bin/turbo', 'console.log("TS2322: it does not fit"); process.exit(2)')
  const { child, output } = await npmStart()
  expect((await child.exited).code).toBe(1)
  expect(output()).toContain('TS2322: it does not fit')
  expect(existsSync(join(project.dir, 'events'))).toBe(false)
})

test('a port that is taken or invalid is reported with its variable before anything starts', async () => {
  const other = createServer().listen(ports[1], '127.0.0.1')
  await once(other, 'listening')
  const { child, output } = await npmStart({ WORKER_OPS_PORT: 'x' })
  expect((await child.exited).code).toBe(78)
  expect(output()).toContain('WORKER_OPS_PORT: must be a port')

  const again = await npmStart({ WORKER_OPS_PORT: String(ports[0]) })
  expect((await again.child.exited).code).toBe(78)
  expect(again.output()).toContain(`BOARD_PORT: port ${ports[1]} is taken`)
  expect(again.output()).toContain(`WORKER_OPS_PORT: port ${ports[0]} is taken`)
  expect(existsSync(join(project.dir, '.data/redis'))).toBe(false)
  other.close()
})

test('a REDIS_URL without a server is reported before the build', async () => {
  const { child, output } = await npmStart({ REDIS_URL: 'redis://127.0.0.1:1' })
  expect((await child.exited).code).toBe(78)
  expect(output()).toMatch(/REDIS_URL is set, but no Redis answers there \(.*ECONNREFUSED/)
})

test('a DATA_DIR that cannot be created is reported', async () => {
  const { child, output } = await npmStart({ DATA_DIR: '/dev/null/data' })
  expect((await child.exited).code).toBe(78)
  expect(output()).toMatch(/^DATA_DIR: cannot create this directory \(.*ENOTDIR/m)
})
