// Starts a simulator for a test, with a CCP client; the clients of the other vendors are under requests/. The clients have
// signing code of their own, so that they do not share a mistake with the simulator.
import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { buildApp } from '../src/app.ts'
import { loadConfig, type Environment } from '../src/config.ts'
import { sendRequest, type RawAnswer, type RawRequest } from './requests/request.ts'

export const ACCOUNT = 'aaf98f894d328b13014d6c3d0b8b2f5f'
export const TOKEN = '0123456789abcdef0123456789abcdef'
export const APP = '8a48b5514fa577af014fa5a9d1fe03d0'

export type Simulator = Awaited<ReturnType<typeof startSimulator>>

export type Send = {
  to?: string
  reqId?: string
  datas?: unknown
  templateId?: unknown
  appId?: string
  account?: string
  token?: string
  timestamp?: string
  contentType?: string
  body?: string
}

export async function startSimulator(env: Environment = {}) {
  const loaded = loadConfig({ LOG_LEVEL: 'silent', SIMULATOR_PORT: '0', SIMULATOR_SMTP_PORT: '0', ...env })
  if ('faults' in loaded) throw new Error(loaded.faults.join('\n'))
  const app = buildApp(loaded.config)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  if (!isTcp(address)) throw new Error('no TCP address')
  const url = `http://127.0.0.1:${address.port}`

  async function post(path: string, body: unknown) {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const json: unknown = await answer.json()
    return { status: answer.status, json }
  }

  async function get(path: string): Promise<unknown> {
    return (await fetch(url + path)).json()
  }

  return {
    url,
    port: address.port,
    close: () => app.close(),
    post,
    get,
    script: (fault: string, more: Record<string, unknown> = {}) =>
      post('/_sim/script', { gateway: 'ccp', fault, ...more }),
    request: (raw: RawRequest, signal?: AbortSignal) => sendRequest(url, raw, signal),
    advance: (ms: number) => post('/_sim/clock', { advance_ms: ms }),
    reset: () => post('/_sim/reset', {}),
    outbox: (to?: string) => get(`/_sim/outbox${to === undefined ? '' : `?to=${to}`}`),
    send: (message: Send = {}) => sendRaw(url, message),
    /** The status code in CCP's answer. */
    sendCode: async (message: Send = {}) => statusCodeOf(JSON.parse((await sendRaw(url, message)).body)),
  }
}

export function sendRaw(url: string, message: Send, signal?: AbortSignal): Promise<RawAnswer> {
  return sendRequest(url, ccpRequest(message), signal)
}

export function ccpRequest(message: Send) {
  const account = message.account ?? ACCOUNT
  const timestamp = message.timestamp ?? shanghaiNow()
  const sig = createHash('md5')
    .update(`${account}${message.token ?? TOKEN}${timestamp}`)
    .digest('hex')
    .toUpperCase()
  const fields = {
    to: message.to ?? '13800138000',
    appId: message.appId ?? APP,
    templateId: message.templateId ?? '1',
    datas: message.datas ?? ['123456', '5'],
    reqId: message.reqId,
  }
  return {
    path: `/2013-12-26/Accounts/${account}/SMS/TemplateSMS?sig=${sig}`,
    headers: {
      accept: 'application/json',
      'content-type': message.contentType ?? 'application/json;charset=utf-8',
      authorization: Buffer.from(`${account}:${timestamp}`).toString('base64'),
    },
    body: message.body ?? JSON.stringify(fields),
  }
}

export function shanghaiNow(shiftMs = 0): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(Date.now() + shiftMs)
  return parts.replaceAll(/\D/g, '')
}

export function statusCodeOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'statusCode' in answer
    ? answer.statusCode
    : undefined
}

function isTcp(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

// Vitest's matchers are typed as `any`; here they have a type, so that they can be used inside expected objects.
export const anyText: unknown = expect.any(String)
export const anyNumber: unknown = expect.any(Number)
export const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern)
