import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { nodeOptions } from './system-env.ts'
import { startSystem, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ workers: 0 })
})
afterAll(() => system.stop())

it('an API that says it is ready accepts connections', async () => {
  const port = await freePort()
  const { url } = await system.startApi({ ...nodeOptions('slow-listen.mjs'), SLOW_PORT: String(port) }, port)
  expect((await system.call('/.well-known/jwks.json', {}, url)).status).toBe(200)
})
