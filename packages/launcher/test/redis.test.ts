import { readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { portFault } from '../src/ports.ts'
import { askRedis, redisFault } from '../src/ask-redis.ts'
import { ensureRedisBinary, findRedis, startRedis } from '../src/redis.ts'

let scratch: string
beforeEach(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), 'launcher-redis-')))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

const ask = (port: number, command: string) => askRedis(port, '127.0.0.1', command)
const silent = () => undefined
const machineWith = (PATH: string) => ({ env: { PATH }, dataDir: join(scratch, '.data') })

async function program(...path: string[]): Promise<string> {
  const file = join(scratch, ...path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, '#!/bin/sh\necho no room for data\nexit 3\n')
  await chmod(file, 0o755)
  return file
}

test('a server without a directory answers, writes nothing, and leaves no process, port or directory after its stop', async () => {
  const redis = await startRedis()
  expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
  expect(await ask(redis.port, 'PING')).toBe('+PONG\r\n')
  expect(await ask(redis.port, 'CONFIG GET appendonly')).toContain('no')
  expect(await ask(redis.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction')
  expect(await redisFault(redis.url)).toBeNull()

  await redis.stop()

  expect(await portFault(redis.port)).toBeNull()
  expect(await redisFault(redis.url)).toContain('ECONNREFUSED')
  expect(() => statSync(redis.dir)).toThrow('ENOENT')
  expect(() => process.kill(redis.pid, 0)).toThrow('ESRCH')
})

test('several servers can start at the same time', async () => {
  const servers = await Promise.all([startRedis(), startRedis(), startRedis()])
  expect(new Set(servers.map(({ port }) => port)).size).toBe(3)
  await Promise.all(servers.map((server) => server.stop()))
})

test('a server that was killed recovers its data when it starts again with the same port and directory', async () => {
  const dir = join(scratch, 'data with a space')
  const before = await startRedis({ dir })
  expect(await ask(before.port, 'SET greeting hello')).toBe('+OK\r\n')
  while (!filesUnder(dir).some((content) => content.includes('greeting'))) await sleep(20)
  await before.kill()

  const after = await startRedis({ dir, port: before.port })
  expect(after.port).toBe(before.port)
  expect(await ask(after.port, 'GET greeting')).toBe('$5\r\nhello\r\n')
  await after.stop()
})

test('a second server cannot use the data directory of a running one', async () => {
  const first = await startRedis({ dir: scratch })
  await expect(startRedis({ dir: scratch })).rejects.toThrow(`127.0.0.1:${first.port} already serves`)
  expect(await ask(first.port, 'PING')).toBe('+PONG\r\n')
  await first.stop()
  const second = await startRedis({ dir: scratch })
  await second.stop()
})

test('a lock file that a crash left behind is replaced', async () => {
  await writeFile(join(scratch, 'lock'), '4194304 1')
  const redis = await startRedis({ dir: scratch })
  expect(await ask(redis.port, 'PING')).toBe('+PONG\r\n')
  await redis.stop()
})

test('a server that exits at once is reported with its last lines', async () => {
  const binary = await program('bin', 'redis-server')
  await expect(startRedis({ binary })).rejects.toThrow(/exited at once \(exit code 3\):\nno room for data/)
})

test('a port that is taken is reported in the words of the server', async () => {
  const first = await startRedis()
  await expect(startRedis({ port: first.port })).rejects.toThrow('Address already in use')
  await first.stop()
})

test('redis-server is preferred to valkey-server, in any order of the PATH', async () => {
  const valkey = await program('a', 'valkey-server')
  const machine = machineWith(`${join(scratch, 'a')}:${join(scratch, 'b')}`)
  expect(findRedis(machine)).toBe(valkey)
  const redis = await program('b', 'redis-server')
  expect(findRedis(machine)).toBe(redis)
  expect(await ensureRedisBinary({ say: silent, machine })).toBe(redis)
})

test('a directory or a file that is not executable is not found', async () => {
  await mkdir(join(scratch, 'redis-server'))
  await writeFile(join(scratch, 'valkey-server'), '', { mode: 0o644 })
  expect(findRedis(machineWith(scratch))).toBeNull()
  expect(findRedis(machineWith(''))).toBeNull()
  expect(findRedis({ env: {}, dataDir: scratch })).toBeNull()
})

test.each(['redis-check-rdb', 'valkey-check-rdb'])(
  "Debian's %s is started as a Redis server",
  async (name) => {
    const real = findRedis()
    if (real === null) throw new Error('no Redis here')
    await symlink(await realpath(real), join(scratch, name))
    const binary = findRedis(machineWith(scratch))
    expect(binary).toBe(join(scratch, name))
    // The directory is a relative path, because DATA_DIR may be one.
    const redis = await startRedis({
      binary: binary ?? '',
      dir: relative(process.cwd(), join(scratch, 'data')),
    })
    expect(await ask(redis.port, 'PING')).toBe('+PONG\r\n')
    await redis.stop()
  },
)

test.for(['apt-get', 'dpkg-deb'])(
  'a user of a system without %s is told three ways to get a Redis',
  async (missing) => {
    for (const name of ['apt-get', 'dpkg-deb']) if (name !== missing) await program('bin', name)
    const said: string[] = []
    const refusal = ensureRedisBinary({
      say: (line) => said.push(line),
      machine: machineWith(join(scratch, 'bin')),
    })
    await expect(refusal).rejects.toMatchObject({ name: 'StartupError', exitCode: 78 })
    await expect(refusal).rejects.toThrow(/package manager[^]*Docker[^]*REDIS_URL/)
    expect(said).toEqual([])
  },
)

test('a URL that is not for Redis is reported', async () => {
  expect(await redisFault('127.0.0.1:6379')).toContain('not a')
  expect(await redisFault('http://127.0.0.1:6379')).toContain('not a redis://')
})

function filesUnder(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
}
