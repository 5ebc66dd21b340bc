import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MOVED } from '@sms-codes/core/config/moved-variables'
import { readPolicy } from '@sms-codes/core/config/policy'
import { developmentEnv } from '../src/dev-env.ts'
import { startProcess } from '../src/processes.ts'

const SECRETS = [
  'PHONE_KEY',
  'CODE_KEYS',
  'BOARD_USER',
  'BOARD_PASSWORD',
  'CCP_AUTH_TOKEN',
  'ALIYUN_ACCESS_KEY_ID',
  'ALIYUN_ACCESS_KEY_SECRET',
  'TENCENT_SECRET_ID',
  'TENCENT_SECRET_KEY',
  'TWILIO_AUTH_TOKEN',
  'HUAWEI_APP_SECRET',
  'VONAGE_API_SECRET',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'WEBHOOK_SECRETS',
  'CAPTCHA_SECRET',
  'CALLBACK_TOKEN',
  'DEMO_API_KEY',
]

let project: string
let dataDir: string
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'launcher-env-'))
  dataDir = join(project, '.data')
})
afterEach(() => rm(project, { recursive: true, force: true }))

test('an empty environment gets every variable that the apps require', () => {
  const env = developmentEnv({}, dataDir, join(project, '.env'))
  expect(SECRETS.filter((name) => !env[name])).toEqual([])
  expect(Buffer.from(env['PHONE_KEY'] ?? '', 'base64')).toHaveLength(32)
  expect(env['CODE_KEYS']).toMatch(/^k1:[A-Za-z0-9+/]{43}=$/)
  expect(env['BOARD_PASSWORD']).toMatch(/^.{20,}$/)
  expect(env['CCP_AUTH_TOKEN']).toMatch(/^[0-9a-f]{32}$/)
  expect(env).toMatchObject({
    SMS_GATEWAYS: 'ccp,aliyun,tencent',
    POLICY_FILE: join(dataDir, 'policy.yaml'),
    PUBLIC_URL: 'http://127.0.0.1:3000',
    API_URL: 'http://127.0.0.1:3000',
    CORS_ORIGINS: 'http://127.0.0.1:3002,http://localhost:3002',
    SMTP_URL: 'smtp://127.0.0.1:3025',
    API_KEYS: `demo:${env['DEMO_API_KEY']}`,
  })
  expect(env['DEMO_API_KEY']).toMatch(/^[0-9a-f]{64}$/)
  expect(env['REDIS_URL']).toBeUndefined()
})

test('addresses contain the ports that are set', () => {
  const ports = { SIMULATOR_PORT: '4002', SIMULATOR_SMTP_PORT: '4025', API_PORT: '4000' }
  const env = developmentEnv(ports, dataDir, join(project, '.env'))
  expect(env).toMatchObject({
    SMTP_URL: 'smtp://127.0.0.1:4025',
    API_URL: 'http://127.0.0.1:4000',
    CORS_ORIGINS: 'http://127.0.0.1:4002,http://localhost:4002',
  })
  const { policy, faults } = readPolicy(env['POLICY_FILE'])
  expect(faults).toEqual([])
  expect(policy?.gateways['aliyun']?.base_url).toBe('http://127.0.0.1:4002')
})

test("a developer's own policy replaces the generated one, and its gateways keep their order", async () => {
  const env = developmentEnv({ POLICY_FILE: 'mine.yaml' }, dataDir, join(project, '.env'))
  expect(env['POLICY_FILE']).toBe('mine.yaml')
  expect(env['SMS_GATEWAYS']).toBeUndefined()
  expect(await readdir(dataDir)).toEqual(['dev.env'])
})

test('secrets are generated once, in a file that only its owner can read', async () => {
  const first = developmentEnv({}, dataDir, join(project, '.env'))
  expect(developmentEnv({}, dataDir, join(project, '.env'))).toEqual(first)
  expect((await stat(join(dataDir, 'dev.env'))).mode & 0o777).toBe(0o600)
  expect(await readdir(dataDir)).toEqual(['dev.env', 'policy.yaml'])
})

test('a file of an older version gets the missing secrets and is otherwise unchanged', async () => {
  const old =
    "# edited\nPHONE_KEY='a kept key'\nBOARD_PASSWORD=chosen by hand\nCCP_APP_ID=moved\nTWILIO_FROM=+15005550006"
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'dev.env'), old)
  const env = developmentEnv({}, dataDir, join(project, '.env'))
  expect(SECRETS.filter((name) => !env[name])).toEqual([])
  expect(env).toMatchObject({ PHONE_KEY: 'a kept key', BOARD_PASSWORD: 'chosen by hand' })
  expect(Object.keys(env).filter((name) => name in MOVED)).toEqual([])
  const text = await readFile(join(dataDir, 'dev.env'), 'utf8')
  expect(text.startsWith(`${old}\nCODE_KEYS=`)).toBe(true)
  expect(text.match(/^[A-Z_]+=/gm)).toHaveLength(SECRETS.length + 2)
  expect(developmentEnv({}, dataDir, join(project, '.env'))).toEqual(env)
  expect(await readdir(dataDir)).toEqual(['dev.env', 'policy.yaml'])

  // Two processes that read the same file write the same content, in any order.
  const other = join(project, 'other')
  await mkdir(other)
  await writeFile(join(other, 'dev.env'), old)
  expect(developmentEnv({}, other, join(project, '.env'))).toEqual({
    ...env,
    POLICY_FILE: join(other, 'policy.yaml'),
  })
})

describe("the demo page works beside the developer's own settings:", () => {
  const shop = `shop:${'s'.repeat(32)}`
  const demoKey = 'd'.repeat(32)
  const envWith = (env: NodeJS.ProcessEnv) => developmentEnv(env, dataDir, join(project, '.env'))

  test('its origins are added to CORS_ORIGINS', () => {
    expect(envWith({ CORS_ORIGINS: 'https://shop.example,http://localhost:3002' })).toMatchObject({
      CORS_ORIGINS: 'https://shop.example,http://localhost:3002,http://127.0.0.1:3002',
    })
  })

  test('its key is added to API_KEYS', async () => {
    await writeFile(join(project, '.env'), `API_KEYS=${shop}\n`)
    const env = envWith({})
    expect(env['DEMO_API_KEY']).toMatch(/^[0-9a-f]{64}$/)
    expect(env['API_KEYS']).toBe(`${shop},demo:${env['DEMO_API_KEY']}`)
  })

  test('its key gets another name when the developer has a key named demo', () => {
    const keys = `demo:${'o'.repeat(32)},demo-2:${'p'.repeat(32)}`
    const env = envWith({ API_KEYS: keys })
    expect(env['API_KEYS']).toBe(`${keys},demo-3:${env['DEMO_API_KEY']}`)
  })

  test('a DEMO_API_KEY of the developer is used, and is not added a second time', () => {
    expect(envWith({ DEMO_API_KEY: demoKey })).toMatchObject({
      API_KEYS: `demo:${demoKey}`,
      DEMO_API_KEY: demoKey,
    })
    const keys = `${shop},app:${demoKey}`
    for (const given of [keys, `${keys}:login+register`])
      expect(envWith({ API_KEYS: given, DEMO_API_KEY: demoKey })).toMatchObject({ API_KEYS: given })
  })
})

test('the environment overrides .env, .env overrides generated values, and an empty variable is not set', async () => {
  await writeFile(
    join(project, '.env'),
    'BOARD_USER=file\nSMS_GATEWAYS=console\nAPI_PORT=5000\nVONAGE_API_SECRET=\n',
  )
  const env = developmentEnv(
    { BOARD_USER: 'shell', PHONE_KEY: 'mine', CCP_AUTH_TOKEN: '' },
    dataDir,
    join(project, '.env'),
  )
  expect(env).toMatchObject({
    BOARD_USER: 'shell',
    PHONE_KEY: 'mine',
    SMS_GATEWAYS: 'console',
    API_URL: 'http://127.0.0.1:5000',
  })
  expect(env['VONAGE_API_SECRET']).toMatch(/^[0-9a-f]{32}$/)
  expect(env['CCP_AUTH_TOKEN']).toMatch(/^[0-9a-f]{32}$/)
})

test('.env may begin with a byte order mark, end its lines as on Windows, and quote or export', async () => {
  const text =
    '\uFEFFBOARD_USER=file\r\nexport SMS_GATEWAYS=console\r\nBOARD_WRITER="Shop, Inc. <a@b.example>"\r\n'
  await writeFile(join(project, '.env'), text)
  expect(developmentEnv({}, dataDir, join(project, '.env'))).toMatchObject({
    BOARD_USER: 'file',
    SMS_GATEWAYS: 'console',
    BOARD_WRITER: 'Shop, Inc. <a@b.example>',
  })
})

test('in production no variable is added and no file is written', async () => {
  await writeFile(join(project, '.env'), 'BOARD_USER=file\n')
  const env = { NODE_ENV: 'production', API_PORT: '3000' }
  expect(developmentEnv(env, dataDir, join(project, '.env'))).toBe(env)
  await writeFile(join(project, '.env'), 'NODE_ENV=production\n')
  expect(developmentEnv({}, dataDir, join(project, '.env'))).toEqual({ NODE_ENV: 'production' })
  await expect(stat(dataDir)).rejects.toThrow('ENOENT')
})

test.each([
  ['generate', ''],
  ['complete', "PHONE_KEY='a kept key'\n"],
])('processes that %s the secrets at the same moment get the same secrets', async (_what, old) => {
  await mkdir(dataDir)
  if (old !== '') await writeFile(join(dataDir, 'dev.env'), old)
  const script = join(import.meta.dirname, 'print-dev-env.ts')
  const printed = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const lines: string[] = []
      const child = await startProcess({
        name: 'env',
        command: process.execPath,
        args: ['--import', 'tsx', script, dataDir],
        onLine: (line) => lines.push(line),
      })
      expect(await child.exited).toEqual({ code: 0, signal: null })
      return lines.join('\n')
    }),
  )
  expect(printed[0]).toContain('PHONE_KEY')
  expect(new Set(printed).size).toBe(1)
  expect(await readdir(dataDir)).toEqual(['dev.env', 'policy.yaml'])
})
