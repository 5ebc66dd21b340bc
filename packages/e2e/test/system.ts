import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis, type Cluster } from 'ioredis'

import { startProcess, waitForHttp, type Process } from '@sms-codes/launcher/processes'
import { freePort } from '@sms-codes/launcher/ports'
import { startRedis } from '@sms-codes/launcher/redis'

export const ROOT = join(import.meta.dirname, '../../..')
const READY_MS = 30_000

export type App = 'api' | 'worker' | 'board' | 'simulator'
export type Env = Record<string, string>
export type Message = { to: string; code: string; minutes: number; gateway: string; at: number; echo: string }
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

type Call = { method?: string; body?: string; headers?: Env }

export type SystemOptions = {
  apis?: number
  workers?: number
  board?: boolean
  env?: Env
  /** Redis keeps its data when `restartRedis` kills it. */
  persistent?: boolean
  /** Gateways send delivery receipts to the first API process. */
  receipts?: boolean
  /** A Redis that the test has started: its URL and a client. startSystem() does not stop it. */
  store?: Store
}
export type Store = { url: string; redis: Redis | Cluster }

/**
 * Starts the whole service: the built apps as processes with their own environment, on a real Redis. Every
 * request comes from another client address, unless the test sets one.
 */
export async function startSystem({
  apis = 1,
  workers = 1,
  board = false,
  env = {},
  persistent = false,
  receipts = false,
  store,
}: SystemOptions = {}) {
  const redisOptions = persistent ? { dir: mkdtempSync(join(tmpdir(), 'sms-codes-e2e-')) } : {}
  let server = store === undefined ? await startRedis(redisOptions) : null
  const url = store?.url ?? server?.url ?? ''
  const redis = store?.redis ?? new Redis(url, { maxRetriesPerRequest: null })
  redis.on('error', () => {})
  const ownServer = () => {
    if (server === null) throw new Error('this system runs on a Redis that the test has started')
    return server
  }
  const simulatorPort = await freePort()
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`
  const smtpPort = await freePort()
  const apiPorts = await Promise.all(Array.from({ length: apis }, () => freePort()))
  const firstApi = `http://127.0.0.1:${apiPorts[0]}`
  const secret = () => randomBytes(32).toString('base64')
  const common: Env = {
    PATH: process.env['PATH'] ?? '',
    REDIS_URL: url,
    LOG_LEVEL: 'debug',
    PHONE_KEY: secret(),
    CODE_KEYS: `k1:${secret()}`,
    TRUST_PROXY: '127.0.0.1',
    API_KEYS: `shop:${randomBytes(32).toString('hex')}`,
    SMS_GATEWAYS: 'ccp',
    CCP_BASE_URL: simulatorUrl,
    CCP_ACCOUNT_SID: randomBytes(16).toString('hex'),
    CCP_AUTH_TOKEN: randomBytes(16).toString('hex'),
    CCP_APP_ID: randomBytes(16).toString('hex'),
    CCP_TEMPLATE_ID: '1',
    ...accounts(simulatorUrl),
    ...(receipts && {
      CALLBACK_TOKEN: randomBytes(18).toString('base64url'),
      PUBLIC_URL: firstApi,
      API_URL: firstApi,
    }),
    BOARD_USER: 'operator',
    BOARD_PASSWORD: randomBytes(18).toString('base64url'),
    BOARD_WRITER_PASSWORD: randomBytes(18).toString('base64url'),
    SIMULATOR_PORT: String(simulatorPort),
    SIMULATOR_SMTP_PORT: String(smtpPort),
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    MAIL_FROM: 'Codes <codes@shop.example>',
    CORS_ORIGINS: simulatorUrl,
    // No limit, because a busy machine must not fail the tests.
    EVENT_LOOP_MAX_DELAY_MS: '0',
    ...env,
  }
  const logs: { app: App; line: string }[] = []
  const running = new Set<Process>()

  async function start(app: App, own: Env, readyUrl: string): Promise<Process> {
    const child = await startProcess({
      name: app,
      script: join(ROOT, 'apps', app, 'dist/main.js'),
      env: { ...common, ...own },
      onLine: (line) => logs.push({ app, line }),
    })
    running.add(child)
    void child.exited.then(() => running.delete(child))
    const dead = child.exited.then(() => {
      throw new Error(`${app} exited:\n${child.lastLines().join('\n')}`)
    })
    await Promise.race([waitForHttp(readyUrl, READY_MS), dead])
    dead.catch(() => {})
    return child
  }
  async function startApi(more: Env = {}, onPort = 0) {
    const [port, opsPort] = [onPort === 0 ? await freePort() : onPort, await freePort()]
    const opsUrl = `http://127.0.0.1:${opsPort}`
    const own = { API_PORT: String(port), API_OPS_PORT: String(opsPort), ...more }
    return { url: `http://127.0.0.1:${port}`, opsUrl, process: await start('api', own, `${opsUrl}/readyz`) }
  }
  async function startWorker(own: Env = {}) {
    const opsPort = await freePort()
    const opsUrl = `http://127.0.0.1:${opsPort}`
    return {
      opsUrl,
      process: await start('worker', { WORKER_OPS_PORT: String(opsPort), ...own }, `${opsUrl}/readyz`),
    }
  }

  const simulator = await start('simulator', {}, `${simulatorUrl}/livez`)
  const apiList = await Promise.all(apiPorts.map((port) => startApi({}, port)))
  const workerList = await Promise.all(Array.from({ length: workers }, () => startWorker()))
  const boardPort = board ? await freePort() : 0
  if (board) await start('board', { BOARD_PORT: String(boardPort) }, `http://127.0.0.1:${boardPort}/livez`)

  const first = apiList[0]
  let calls = 0
  const anAddress = () => `10.${(++calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`

  async function call(
    path: string,
    { headers = {}, ...init }: Call = {},
    base = first?.url ?? '',
  ): Promise<Answer> {
    const response = await fetch(`${base}${path}`, {
      ...init,
      headers: { 'x-forwarded-for': anAddress(), ...headers },
    })
    return {
      status: response.status,
      headers: response.headers,
      body: response.status === 204 ? {} : toRecord(await response.json()),
    }
  }
  const post = (path: string, body: unknown, base?: string) =>
    call(
      path,
      { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
      base,
    )

  /** Makes a call of a back end, with its API key. */
  const asBackend = (method: string, path: string, body: object = {}, base?: string) =>
    call(
      path,
      {
        method,
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${common['API_KEYS']?.split(':')[1]}`,
        },
      },
      base,
    )

  /** Creates an image code in Redis, as the image route does, and returns it with its answer. */
  async function captcha(): Promise<{ uuid: string; image_code: string }> {
    const uuid = randomUUID()
    await redis.set(`img_${uuid}`, 'AB3D', 'EX', 300)
    return { uuid, image_code: 'AB3D' }
  }

  const control = async (path: string, body: unknown = {}) => {
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }
    const response = await fetch(`${simulatorUrl}/_sim/${path}`, init)
    if (!response.ok) throw new Error(`/_sim/${path} answered ${response.status}`)
  }

  return {
    redis,
    redisServer: ownServer,
    env: common,
    apis: apiList,
    workers: workerList,
    simulator,
    simulatorUrl,
    boardUrl: `http://127.0.0.1:${boardPort}`,
    logs,
    call,
    post,
    asBackend,
    captcha,
    startApi,
    startWorker,

    /** The original call, GET /sms_codes/:mobile/, with a new image code and its right answer. */
    async send(mobile: string, base?: string): Promise<Answer> {
      return call(`/sms_codes/${mobile}/?${new URLSearchParams(await captcha()).toString()}`, {}, base)
    },
    verify: (mobile: string, code: string, more: object = {}, base?: string) =>
      post('/v1/sms_codes/verify', { mobile, sms_code: code, ...more }, base),

    /** The messages that this number has received; without a number, all messages. */
    async outbox(mobile = ''): Promise<Message[]> {
      const response = await fetch(`${simulatorUrl}/_sim/outbox${mobile === '' ? '' : `?to=${mobile}`}`)
      return toMessages(await response.json())
    },
    fault: (fault: string, times = 1, delay_ms = 0, gateway = 'ccp') =>
      control('script', { gateway, fault, times, delay_ms }),
    /** The mails in this mailbox. */
    async mails(to: string): Promise<Record<string, unknown>[]> {
      const list: unknown = await (
        await fetch(`${simulatorUrl}/_sim/mails?to=${encodeURIComponent(to)}`)
      ).json()
      if (!Array.isArray(list)) throw new TypeError('the answer is not a list')
      return list.map(toRecord)
    },
    mailFault: (fault: string, times = 1, delay_ms = 0) => control('mail_script', { fault, times, delay_ms }),
    clearFaults: (gateway: string) => control('script/clear', { gateway }),
    resetSimulator: () => control('reset'),

    /** The number of unfinished jobs of the `sms` queue. */
    async open(): Promise<number> {
      const [waiting, active, delayed] = await Promise.all([
        redis.llen('{sms}:sms:wait'),
        redis.llen('{sms}:sms:active'),
        redis.zcard('{sms}:sms:delayed'),
      ])
      return waiting + active + delayed
    },

    /** Kills Redis with SIGKILL and starts it again with the same port and data. */
    async restartRedis(pauseMs = 0): Promise<void> {
      const { port } = ownServer()
      await ownServer().kill()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      server = await startRedis({ ...redisOptions, port })
    },

    async stop(): Promise<void> {
      redis.disconnect()
      await Promise.all([...running].map((child) => child.stop()))
      await server?.stop()
      if (redisOptions.dir !== undefined) rmSync(redisOptions.dir, { recursive: true })
    },
  }
}
/** Accounts of the other vendors, whose addresses are those of the simulator. */
function accounts(url: string): Env {
  const hex = (bytes: number) => randomBytes(bytes).toString('hex')
  return {
    ALIYUN_BASE_URL: url,
    ALIYUN_ACCESS_KEY_ID: `LTAI${hex(8)}`,
    ALIYUN_ACCESS_KEY_SECRET: hex(15),
    ALIYUN_SIGN_NAME: '美多商城',
    ALIYUN_TEMPLATE_CODE: 'SMS_100000001',
    TENCENT_BASE_URL: url,
    TENCENT_SECRET_ID: `AKID${hex(16)}`,
    TENCENT_SECRET_KEY: hex(16),
    TENCENT_SDK_APP_ID: '1400006666',
    TENCENT_SIGN_NAME: '美多商城',
    TENCENT_TEMPLATE_ID: '1110',
    TWILIO_BASE_URL: url,
    TWILIO_ACCOUNT_SID: `AC${hex(16)}`,
    TWILIO_AUTH_TOKEN: hex(16),
    TWILIO_FROM: '+15005550006',
    WEBHOOK_URL: `${url}/webhook`,
    WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    WEBHOOK_IDEMPOTENT: 'true',
  }
}

export type System = Awaited<ReturnType<typeof startSystem>>

export function toRecord(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new TypeError('the answer is not a JSON object')
  return { ...json }
}

function toMessages(json: unknown): Message[] {
  if (!Array.isArray(json)) throw new TypeError('the outbox is not a list')
  return json.map(toRecord).map(({ to, code, minutes, gateway, at, echo }) => ({
    to: String(to),
    code: String(code),
    minutes: Number(minutes),
    gateway: String(gateway),
    at: Number(at),
    echo: String(echo),
  }))
}

let numbers = 0
/** Returns a mobile number that no other test uses, each in another segment. */
export const aMobile = () => `137${String((++numbers * 10_007) % 100_000_000).padStart(8, '0')}`
export const wrong = (code: string) =>
  String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0')
export const times = <T>(n: number, act: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, i) => act(i)))
