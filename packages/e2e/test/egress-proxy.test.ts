// A worker whose host has https_proxy in its environment: the vendor and the application are reached through the proxy.
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startProxy } from '@sms-codes/gateways/test/proxy'
import { http, serve, vendorPair } from '@sms-codes/gateways/test/servers'
import { aMobile, ROOT, startSystem } from './system.ts'

it('messages and events pass the proxy, and a message that it refused is sent once when it opens tunnels again', async () => {
  const vendor = await serve((socket) => socket.write(http(202, '{}')), { tls: vendorPair })
  let isAway = true
  const proxy = await startProxy(vendor.port, {
    onConnect: (client, tunnel) => (isAway ? client.end('HTTP/1.1 503 X\r\n\r\n') : tunnel()),
  })
  const system = await startSystem({
    env: {
      https_proxy: proxy.url('shop:canary%2Fword'),
      NODE_EXTRA_CA_CERTS: join(ROOT, 'packages/gateways/test/fixtures/private-ca-cert.pem'),
      SMS_GATEWAYS: 'webhook',
      EVENTS_URL: 'https://vendor.example/events',
      EVENTS_SECRETS: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
    policy: { gateways: { webhook: { base_url: 'https://vendor.example/sms', idempotent: false } } },
  })
  onTestFinished(() => system.stop())

  const { body } = await system.send(aMobile())
  const status = async () => (await system.call(`/v1/sms_codes/${String(body['request_id'])}`)).body['status']
  await expect.poll(() => proxy.connects.length).toBeGreaterThan(1)
  expect(vendor.requests).toEqual([])
  isAway = false
  await expect.poll(status).toBe('sent')
  const posted = (path: string) =>
    vendor.requests.filter((request) => request.startsWith(`POST ${path} HTTP/1.1\r\n`))
  await expect.poll(() => posted('/events')).toHaveLength(1)
  expect(posted('/sms')).toHaveLength(1)

  const login = `Basic ${Buffer.from('shop:canary/word').toString('base64')}`
  const asked = proxy.connects.map(({ url, headers }) => `${url} ${headers['proxy-authorization']}`)
  expect(new Set(asked)).toEqual(new Set([`vendor.example:443 ${login}`]))
  const log = system.logs.map(({ line }) => line).join('\n')
  expect(log).toContain(`"proxy":"127.0.0.1:${proxy.port}"`)
  expect(log).toContain('"PROXY_503"')
  expect(log).not.toMatch(/canary|c2hvcDpjYW5hcnkvd29yZA/)
})
