import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startRedis } from '@sms-codes/launcher/redis'
import { basic, reader, startBoard } from './board.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname
const { user, password } = reader
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** Starts the board as a process. */
function startMain(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@sms-codes/source', main], {
    env: { PATH: process.env['PATH'], BOARD_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  started.push(child)
  return { child, output: () => output, ended: once(child, 'close') }
}

const patiently = { timeout: 20_000, interval: 50 }

describe('the process', { timeout: 120_000 }, () => {
  it('does not start without a password, and names the missing variable', async () => {
    const board = startMain({})
    expect(await board.ended).toEqual([78, null])
    expect(board.output()).toContain('BOARD_PASSWORD: is missing')
  })

  it('starts while Redis is down, shows the queues when Redis is back, and ends on SIGTERM', async () => {
    const away = await startRedis()
    await away.stop()
    const board = startMain({ REDIS_URL: away.url, BOARD_PASSWORD: password })
    await vi.waitFor(() => expect(board.output()).toContain('board ready'), patiently)
    const origin = /"address":"([^"]+)"/.exec(board.output())?.[1] ?? ''
    const ask = async (path: string) => {
      const reply = await fetch(origin + path, { headers: { authorization: basic(user, password) } })
      return { status: reply.status, text: await reply.text() }
    }
    expect(await ask('/livez')).toEqual({ status: 200, text: 'ok\n' })
    expect(await ask('/readyz')).toEqual({ status: 503, text: 'redis does not answer\n' })
    expect((await ask('/')).status).toBe(200)
    expect(await ask('/api/queues')).toEqual({
      status: 503,
      text: '{"error":{"key":"ERRORS.REDIS_UNAVAILABLE"}}',
    })

    const back = await startRedis({ port: away.port })
    await vi.waitFor(async () => expect((await ask('/api/queues')).status).toBe(200), patiently)
    // A single answer of Redis may exceed the deadline of the process on a busy machine.
    const ready = { status: 200, text: 'ready\n' }
    await vi.waitFor(async () => expect(await ask('/readyz')).toEqual(ready), patiently)
    await back.stop()

    await vi.waitFor(async () => expect((await ask('/api/queues')).status).toBe(503), patiently)
    board.child.kill('SIGTERM')
    expect(await board.ended).toEqual([0, null])
    expect(board.output()).not.toContain(password)
  })
})

describe('an outage of Redis', { timeout: 120_000 }, () => {
  it('gives 503 without an error in the log, and then the queues again', async () => {
    const first = await startRedis()
    const board = await startBoard({ server: first })
    const status = async () => (await board.ask({ url: '/api/queues' })).statusCode
    await vi.waitFor(async () => expect(await status()).toBe(200), patiently)
    await first.kill()
    await vi.waitFor(async () => expect(await status()).toBe(503), patiently)
    for (let i = 0; i < 20; i += 1) expect(await status()).toBe(503)
    const second = await startRedis({ port: first.port })
    await vi.waitFor(async () => expect(await status()).toBe(200), patiently)
    expect(board.logged('board error')).toEqual([])
    await board.close()
    await second.stop()
  })
})
