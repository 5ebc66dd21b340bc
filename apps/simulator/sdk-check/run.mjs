// Sends a message to the simulator with the official SDKs of Aliyun and Tencent and looks it up, to prove that the
// simulator accepts what the vendors' own clients send. Exits 1 when it does not. The SDKs are installed into a temporary
// directory, because no other part of the project needs them.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SDKS = {
  '@alicloud/pop-core': '1.8.0',
  'tencentcloud-sdk-nodejs-sms': '4.1.306',
}

const MAIN = new URL('../dist/main.js', import.meta.url).pathname

const SIGN_NAME = '演示'
const ALIYUN_TEMPLATE = 'SMS_100000001'
const TENCENT_APP = '1400000001'
const TENCENT_TEMPLATE = '1110'

const KEYS = {
  ALIYUN_ACCESS_KEY_ID: 'LTAI5tExampleKeyId00000',
  ALIYUN_ACCESS_KEY_SECRET: 'ExampleAccessKeySecret000000000',
  TENCENT_SECRET_ID: 'AKIDExample0000000000000000000000000',
  TENCENT_SECRET_KEY: 'ExampleSecretKey0000000000000000',
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function startSimulator(port) {
  const env = {
    ...process.env,
    ...KEYS,
    SIMULATOR_PORT: String(port),
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
  }
  const child = spawn(process.execPath, [MAIN], { env, stdio: 'inherit' })
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the simulator exited with code ${child.exitCode}`)
    const isUp = await fetch(`http://127.0.0.1:${port}/livez`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isUp) return child
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill()
  throw new Error('the simulator did not start within ten seconds')
}

async function sendByAliyun(require, port) {
  const { RPCClient } = require('@alicloud/pop-core')
  const client = new RPCClient({
    accessKeyId: KEYS.ALIYUN_ACCESS_KEY_ID,
    accessKeySecret: KEYS.ALIYUN_ACCESS_KEY_SECRET,
    endpoint: `http://127.0.0.1:${port}`,
    apiVersion: '2017-05-25',
  })
  const message = {
    PhoneNumbers: '13800138001',
    SignName: SIGN_NAME,
    TemplateCode: ALIYUN_TEMPLATE,
    TemplateParam: JSON.stringify({ code: '123456' }),
    OutId: 'sdk-check',
  }
  const sent = await client.request('SendSms', message, { method: 'POST' })
  const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')
  const lookUp = { PhoneNumber: '13800138001', SendDate: day, PageSize: 10, CurrentPage: 1 }
  const found = await client.request('QuerySendDetails', lookUp, { method: 'POST' })
  const [detail] = found.SmsSendDetailDTOs?.SmsSendDetailDTO ?? []
  return { answer: sent.Code, found: detail?.OutId === 'sdk-check' }
}

async function sendByTencent(require, port) {
  const { sms } = require('tencentcloud-sdk-nodejs-sms')
  const client = new sms.v20210111.Client({
    credential: { secretId: KEYS.TENCENT_SECRET_ID, secretKey: KEYS.TENCENT_SECRET_KEY },
    region: 'ap-guangzhou',
    profile: { httpProfile: { endpoint: `127.0.0.1:${port}`, protocol: 'http://' } },
  })
  const startedAt = Math.floor(Date.now() / 1000)
  const sent = await client.SendSms({
    PhoneNumberSet: ['+8613800138002'],
    SmsSdkAppId: TENCENT_APP,
    TemplateId: TENCENT_TEMPLATE,
    SignName: SIGN_NAME,
    TemplateParamSet: ['123456', '5'],
    SessionContext: 'sdk-check',
  })
  const [status] = sent.SendStatusSet
  const records = await client.DescribeSendRecordList({
    PhoneNumber: '+8613800138002',
    SmsSdkAppId: TENCENT_APP,
    BeginTime: startedAt,
    Limit: 10,
    Offset: 0,
  })
  return { answer: status.Code, found: records.SendRecordSet[0]?.SerialNo === status.SerialNo }
}

const directory = mkdtempSync(join(tmpdir(), 'sms-codes-sdks-'))
let simulator
try {
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies: SDKS }))
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const require = createRequire(join(directory, 'package.json'))
  const port = await freePort()
  simulator = await startSimulator(port)

  const senders = { aliyun: sendByAliyun, tencent: sendByTencent }
  const rows = {}
  for (const [gateway, send] of Object.entries(senders)) {
    const outcome = await send(require, port).catch((error) => ({
      answer: error.code ?? error.message,
      found: false,
    }))
    const messages = await (await fetch(`http://127.0.0.1:${port}/_sim/outbox`)).json()
    const arrived = messages.some((message) => message.gateway === gateway && message.code === '123456')
    rows[gateway] = { ...outcome, arrived }
    if (!outcome.found || !arrived) process.exitCode = 1
  }
  console.table(rows)
} finally {
  simulator?.kill()
  rmSync(directory, { recursive: true, force: true })
}
