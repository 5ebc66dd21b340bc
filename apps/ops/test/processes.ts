import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { policyFile } from '@sms-codes/launcher/policy-file'
import type { Env } from './ops.ts'

const APPS = join(import.meta.dirname, '../..')

/** Starts an app from its source as a process. */
export const startApp = (app: string, args: string[], env: Env, onLine: (line: string) => void = () => {}) =>
  startProcess({
    name: app,
    command: process.execPath,
    args: ['--import', 'tsx', '--conditions=@sms-codes/source', join(APPS, app, 'src/main.ts'), ...args],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    onLine,
  })

const POSTED = Type.Object({
  id: Type.String(),
  to: Type.String(),
  params: Type.Object({ code: Type.String() }),
})

/**
 * A webhook gateway that can hold back its answers, or give another answer than an acceptance.
 * @param settings of the policy, in addition to the gateway
 */
export async function startSender(settings: object = {}) {
  const calls: ServerResponse[] = []
  const messages: { id: string; to: string; code: string }[] = []
  let isOpen = true
  let answer = { status: 200, body: '{}' }
  const give = (response: ServerResponse) => response.writeHead(answer.status).end(answer.body)
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id, to, params } = Value.Parse(POSTED, JSON.parse(await text(request)))
    messages.push({ id, to, code: params.code })
    if (isOpen) give(response)
    else calls.push(response)
  }
  const server = createServer((request, response) => void take(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const gateways = { webhook: { base_url: `http://127.0.0.1:${port}/` } }
  return {
    env: {
      SMS_GATEWAYS: 'webhook',
      POLICY_FILE: policyFile({ gateways, ...settings }),
      WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    },
    /** The calls so far, with the codes and full numbers that they carried. */
    messages,
    answerWith: (status: number, body: object = {}) => {
      answer = { status, body: JSON.stringify(body) }
    },
    held: () => calls.length,
    hold: () => {
      isOpen = false
    },
    release: () => {
      isOpen = true
      for (const response of calls.splice(0)) give(response)
    },
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Starts a real API. */
export async function startApi(env: Env) {
  const [port, opsPort] = [await freePort(), await freePort()]
  const own = { API_PORT: String(port), API_OPS_PORT: String(opsPort) }
  const child = await startServer('api', { ...env, ...own }, `http://127.0.0.1:${opsPort}`)
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stop() }
}

/** Starts a real worker with the gateways of `env`. */
export async function startWorker(env: Env) {
  const port = await freePort()
  const opsUrl = `http://127.0.0.1:${port}`
  const child = await startServer('worker', { ...env, WORKER_OPS_PORT: String(port) }, opsUrl)
  return { metricsUrl: `${opsUrl}/metrics`, stop: () => child.stop() }
}

async function startServer(app: string, env: Env, opsUrl: string) {
  const child = await startApp(app, [], env)
  const dead = child.exited.then(() => {
    throw new Error(`${app} exited:\n${child.lastLines().join('\n')}`)
  })
  dead.catch(() => {})
  await Promise.race([waitForHttp(`${opsUrl}/readyz`, 45_000), dead])
  return child
}
