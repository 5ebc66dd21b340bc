import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
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

/** A webhook gateway that can hold back its answers. */
export async function startSender() {
  const calls: ServerResponse[] = []
  let isOpen = true
  const server = createServer((request, response) => {
    request.resume()
    if (isOpen) response.end('{}')
    else calls.push(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    env: {
      SMS_GATEWAYS: 'webhook',
      POLICY_FILE: policyFile({ gateways: { webhook: { base_url: `http://127.0.0.1:${port}/` } } }),
      WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    },
    held: () => calls.length,
    hold: () => {
      isOpen = false
    },
    release: () => {
      isOpen = true
      for (const response of calls.splice(0)) response.end('{}')
    },
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Starts a real worker with the gateways of `env`. */
export async function startWorker(env: Env) {
  const port = await freePort()
  const opsUrl = `http://127.0.0.1:${port}`
  const child = await startApp('worker', [], { ...env, WORKER_OPS_PORT: String(port) })
  await waitForHttp(`${opsUrl}/readyz`, 15_000)
  return { metricsUrl: `${opsUrl}/metrics`, stop: () => child.stop() }
}
