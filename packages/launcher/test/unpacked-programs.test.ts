import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProcess } from '../src/processes.ts'
import { ensureRedisBinary, findRedis } from '../src/redis.ts'
import { canUnpack, thisMachine } from '../src/unpacked-programs.ts'
import { startPackageMirror } from './package-mirror.ts'

let mirror: Awaited<ReturnType<typeof startPackageMirror>>
let said: string[]
// The programs of Debian make the mirror.
describe.runIf(canUnpack(thisMachine()))('a machine with apt-get', () => {
  beforeEach(async () => {
    mirror = await startPackageMirror()
    said = []
  })
  afterEach(async () => {
    await mirror.close()
    await mirror.remove()
  })

  const ensure = () => ensureRedisBinary({ say: (line) => said.push(line), machine: mirror.machine })
  const programs = () => readdirSync(join(mirror.machine.dataDir, 'programs'))

  test('a machine with apt-get and no package lists gets a Redis that runs with the libraries beside it', async () => {
    const systemStatus = readFileSync('/var/lib/dpkg/status')
    const redis = await ensure()

    expect(redis).toBe(join(mirror.machine.dataDir, 'programs/redis-tools/bin/redis-server'))
    expect(execFileSync(redis, { env: mirror.machine.env, encoding: 'utf8' })).toBe('Redis of the mirror\n')
    expect(said).toEqual([expect.stringContaining('redis-tools is downloaded with apt-get and unpacked in')])
    expect(programs()).toEqual(['redis-tools'])
    expect(readFileSync('/var/lib/dpkg/status').equals(systemStatus)).toBe(true)
    expect(readdirSync(mirror.systemLists)).toEqual([])
  })

  test('the second start needs no network', async () => {
    const redis = await ensure()
    await mirror.close()
    expect(await ensure()).toBe(redis)
    expect(findRedis(mirror.machine)).toBe(redis)
    expect(said).toHaveLength(1)
  })

  test('two processes at the same time get the same Redis, and leave nothing else', async () => {
    const [first, second] = await Promise.all([ensure(), ensure()])
    expect(first).toBe(second)
    expect(programs()).toEqual(['redis-tools'])
  })

  test('without a network, the message has the three ways and the reason of apt-get', async () => {
    await mirror.close()
    const refusal = ensure()
    await expect(refusal).rejects.toMatchObject({ name: 'StartupError', exitCode: 78 })
    await expect(refusal).rejects.toThrow(/package manager[^]*Docker[^]*REDIS_URL[^]*Connection refused/)
    expect(programs()).toEqual([])
  })

  test('an archive with other content than the package list says is not used', async () => {
    mirror.replace('liblzf1.deb', 'half')
    await expect(ensure()).rejects.toThrow(/The download did not work[^]*liblzf1/)
    expect(findRedis(mirror.machine)).toBeNull()
    expect(programs()).toEqual([])
  })

  test('a server that does not run is not used', async () => {
    mirror.interceptWith(() => false)
    await mirror.addPackage(
      'redis-tools',
      { 'usr/bin/redis-check-rdb': '#!/bin/sh\necho no libssl\nexit 127\n' },
      '',
      2,
    )
    await expect(ensure()).rejects.toThrow('no libssl')
    expect(findRedis(mirror.machine)).toBeNull()
  })

  test('a process that is killed during the download leaves nothing that counts as a Redis', async () => {
    const downloading = new Promise<void>((resolve) => {
      mirror.interceptWith((path) => {
        if (path === 'liblzf1.deb') resolve()
        return path === 'liblzf1.deb'
      })
    })
    const child = await startProcess({
      name: 'ensure',
      args: ['--import', 'tsx', join(import.meta.dirname, 'ensure-redis.ts'), mirror.machine.dataDir],
      env: mirror.machine.env,
      onLine: () => {},
    })
    await downloading
    await child.kill()
    expect(findRedis(mirror.machine)).toBeNull()

    mirror.interceptWith(() => false)
    expect(await ensure()).toBe(findRedis(mirror.machine))
  })
})
