import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyFingerprint } from '@sms-codes/core/keyring'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { VARIABLES } from '../src/variables.ts'
import { expectFailure, runOps, startOps, type RunningOps } from './ops.ts'
import { startSender, startWorker } from './processes.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

const lineOf = (stdout: string, name: string) =>
  stdout.split('\n').find((line) => line.startsWith(`${name} `))

test('config lists every variable once, with its value, its default, or that it is not set', async () => {
  const env = { LOG_LEVEL: 'debug', BOARD_PORT: '' }
  const { code, stdout } = await ops.run(['config'], { env })
  expect(code).toBe(0)
  for (const [name] of VARIABLES) expect(lineOf(stdout, name)).toBeDefined()
  expect(lineOf(stdout, 'LOG_LEVEL')).toMatch(/^LOG_LEVEL +environment +api, worker, board +debug$/)
  expect(lineOf(stdout, 'BOARD_PORT')).toMatch(/^BOARD_PORT +default +board +3001$/)
  expect(lineOf(stdout, 'PUBLIC_URL')).toMatch(/^PUBLIC_URL +api, worker +not set$/)
})

test('config shows no secret and no login, in any form of its output', async () => {
  const canaries = VARIABLES.flatMap(([name, , , isSecret]) =>
    isSecret && name !== 'PHONE_KEY' && name !== 'CODE_KEYS'
      ? [[name, `x://hush-${name}@hush`] as const]
      : [],
  )
  const env = {
    ...Object.fromEntries(canaries),
    SMTP_URL: 'smtp://user:pass/word@hush?@mail.example:587?tls.ca=hush',
    REDIS_URL: 'redis+sentinel://:hushhush@127.0.0.1:1/main?sentinel_password=hush',
    EVENTS_URL: 'https://hush:hush@app.example/events?token=hush',
    POLICY_FILE: policyFile({
      test_numbers: { numbers: [{ mobile: '+8613800000001', code: '135790', until: '2999-01-01' }] },
      gateways: { webhook: { base_url: 'https://hush:hush@hook.example/in' } },
    }),
  }
  for (const args of [['config'], ['config', '--all'], ['config', '--json']]) {
    const said = await ops.run(args, { env })
    expectFailure(said, /cannot use Redis at 127\.0\.0\.1:1/)
    expect(said.all).not.toMatch(/hush|pass\/word|135790|13800000001/)
    expect(said.stdout).toContain('smtp://***@mail.example:587?***')
    expect(said.stdout).toContain('redis+sentinel://***@127.0.0.1:1/main?***')
    expect(said.stdout).toContain('https://***@app.example/events?***')
    expect(said.stdout).toContain('https://***@hook.example/in')
    expect(said.stdout).toContain('138****0001')
  }
  const { stdout } = await ops.run(['config'], { env })
  expect(lineOf(stdout, 'BOARD_PASSWORD')).toMatch(/ set \(fingerprint [0-9a-f]{4}…\)$/)
  const faulty = await ops.run(['config'], {
    env: { SMTP_URL: 'hush', PHONE_KEY: 'hush', CODE_KEYS: 'hush' },
  })
  expect(faulty.all).not.toContain('hush')
  expect(faulty.stdout.match(/set, but faulty/g)).toHaveLength(3)
})

test('the fingerprints of the keys begin as those in Redis', async () => {
  const { stdout } = await ops.run(['config'])
  const [, code = ''] = (ops.env['CODE_KEYS'] ?? '').split(':')
  const printOf = (key: string) => keyFingerprint(Buffer.from(key, 'base64')).slice(0, 4)
  expect(lineOf(stdout, 'PHONE_KEY')).toContain(`set (fingerprint ${printOf(ops.env['PHONE_KEY'] ?? '')}…)`)
  expect(lineOf(stdout, 'CODE_KEYS')).toContain(`set (fingerprints k1 ${printOf(code)}…)`)
})

test('config shows the settings that differ from the built-in values, and all with --all', async () => {
  expect((await ops.run(['config'])).stdout).toContain('every setting has its built-in value')
  const env = { POLICY_FILE: policyFile({ codes: { life: '10m' }, scenes: { default: {} }, budget: {} }) }
  const { stdout } = await ops.run(['config'], { env })
  expect(stdout).toContain(`policy: ${env.POLICY_FILE}\n`)
  expect(stdout).toMatch(/^codes\.life: 10m {3}\(built-in: 5m\)$/m)
  expect(stdout).toMatch(/^scenes\.login: not set {3}\(built-in: \{\}\)$/m)
  expect(stdout).not.toMatch(/^codes\.length/m)
  const all = (await ops.run(['config', '--all'], { env })).stdout
  expect(all).toMatch(/^codes\.length: 6$/m)
  expect(all).toMatch(/^codes\.life: 10m {3}\(built-in: 5m\)$/m)
})

test('--json has the variables, the policy and the processes', async () => {
  const { stdout } = await ops.run(['config', '--json'], {
    env: { POLICY_FILE: policyFile({ codes: { life: '10m' } }) },
  })
  const shown: unknown = JSON.parse(stdout)
  expect(shown).toMatchObject({
    variables: VARIABLES.map(([name]) => ({ name })),
    policy: [{ setting: 'codes.life', value: '10m', builtIn: '5m' }],
    processes: [],
  })
})

test('config names the running process that has another policy or lacks a key, and it is gone after its end', async () => {
  expect((await ops.run(['config'])).stdout).toContain('no process of the service is running')
  const sender = await startSender()
  const worker = await startWorker({ ...ops.env, ...sender.env })
  const rowsOf = async (env: Record<string, string>) => {
    const { stdout } = await ops.run(['config'], { env })
    return stdout.split('\n').flatMap((line) => /^worker .* s {2}(.*)$/.exec(line)?.[1] ?? [])
  }
  await expect.poll(() => rowsOf(sender.env)).toEqual(['nothing'])
  const gateways = { webhook: { base_url: 'http://127.0.0.1:1/' } }
  const POLICY_FILE = policyFile({ codes: { life: '10m' }, gateways })
  const CODE_KEYS = `k2:${randomBytes(32).toString('base64')},${ops.env['CODE_KEYS']}`
  expect(await rowsOf({ ...sender.env, POLICY_FILE })).toEqual(['codes, gateways'])
  expect(await rowsOf({ ...sender.env, CODE_KEYS })).toEqual(['CODE_KEYS k2'])
  expect(await rowsOf({ ...sender.env, SMS_GATEWAYS: 'console' })).toEqual(['SMS_GATEWAYS'])
  await Promise.all([worker.stop(), sender.stop()])
  expect(await rowsOf(sender.env)).toEqual([])
})

test('config needs no key', async () => {
  const { code, stdout } = await runOps({ REDIS_URL: ops.server.url }, ['config'])
  expect(code).toBe(0)
  expect(lineOf(stdout, 'PHONE_KEY')).toMatch(/ not set$/)
})
