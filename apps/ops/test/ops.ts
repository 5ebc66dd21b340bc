import { randomBytes } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import { startRedis } from '@sms-codes/launcher/redis'
import { createKeyring } from '@sms-codes/core/keyring'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { runCli } from '../src/cli.ts'
import { loadPhoneConfig } from '../src/config.ts'
import { policyOf } from '../src/phone.ts'
import { createTerminal } from '../src/terminal.ts'
import { shownNumbers } from './shown-numbers.ts'

export type Env = Record<string, string>
type Given = {
  env?: Env
  input?: string | Readable
  screen?: boolean
  signal?: AbortSignal
  onOutput?: (all: string) => void
}

const secret = () => randomBytes(32).toString('base64')

/** The environment that every command needs. */
export const someEnv = (redisUrl = 'redis://127.0.0.1:1'): Env => ({
  REDIS_URL: redisUrl,
  PHONE_KEY: secret(),
  CODE_KEYS: `k1:${secret()}`,
})

/** Runs a command on real streams, and checks that its output contains no number and no key. */
export async function runOps(
  env: Env,
  args: string[],
  {
    input = Readable.from([]),
    screen = false,
    signal = new AbortController().signal,
    onOutput = () => {},
    ...more
  }: Given = {},
) {
  const said = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr') => {
    const stream = Object.assign(new PassThrough(), { isTTY: screen })
    return stream.on('data', (chunk: Buffer) => {
      said[name] += chunk.toString()
      onOutput(said.stdout + said.stderr)
    })
  }
  const stdin = Object.assign(typeof input === 'string' ? Readable.from([input]) : input, { isTTY: screen })
  const terminal = createTerminal({ stdin, stdout: output('stdout'), stderr: output('stderr'), signal })
  const code = await runCli(args, { env: { ...env, ...more.env }, terminal })
  const all = said.stdout + said.stderr
  expectNoNumber(all, typeof input === 'string' ? [...args, input] : args)
  for (const key of [env['PHONE_KEY'], env['CODE_KEYS']]) expect(all).not.toContain(key)
  return { code, ...said, all }
}

/** Starts a real Redis, with the commands and the API's code store on it. */
export async function startOps(more: Env = {}) {
  const server = await startRedis()
  const env = { ...someEnv(server.url), ...more }
  const config = loadPhoneConfig(env)
  const keyring = createKeyring(config.keyring)
  const redis = new Redis(server.url)
  return {
    server,
    env,
    redis,
    keyring,
    codes: createCodeStore(redis, keyring, policyOf(config)),
    run: (args: string[], given: Given = {}) => runOps(env, args, given),

    /** All content of Redis as text. */
    async dump(): Promise<string> {
      const parts = await Promise.all(
        (await redis.keys('*')).toSorted().map(async (key) => {
          const type = await redis.type(key)
          if (type === 'string') return [key, await redis.get(key)]
          if (type === 'hash') return [key, await redis.hgetall(key)]
          if (type === 'zset') return [key, await redis.zrange(key, '0', '-1')]
          if (type === 'list') return [key, await redis.lrange(key, 0, -1)]
          return [key, await redis.xrange(key, '-', '+')]
        }),
      )
      return JSON.stringify(parts)
    },

    async stop(): Promise<void> {
      redis.disconnect()
      await server.stop()
    },
  }
}
export type RunningOps = Awaited<ReturnType<typeof startOps>>

/** Checks that the command failed and gave the reason. */
export function expectFailure({ code, stderr }: { code: number; stderr: string }, why: RegExp): void {
  expect(stderr).toMatch(why)
  expect(code).toBe(1)
}

const mobiles: string[] = []
/** A number that no other test uses; each has a segment of its own. */
export function aMobile(): string {
  const mobile = `137${String(((mobiles.length + 1) * 10_007) % 100_000_000).padStart(8, '0')}`
  mobiles.push(mobile)
  return mobile
}

/** Checks that the output of a command contains no number. @param given the arguments and the input of the command */
export function expectNoNumber(output: string, given: readonly string[]): void {
  expect(shownNumbers(output, [...mobiles, ...given])).toEqual([])
}
