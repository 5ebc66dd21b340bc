import { once } from 'node:events'
import { createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { pushDeliveryReceipt } from '../../src/receipts/push-delivery-receipt.ts'

setFlagsFromString('--expose-gc')

test('a push to an API that never answers ends at its deadline, whatever is garbage-collected until then', async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const collecting = setInterval(() => void runInNewContext('gc()'), 100)
  onTestFinished(() => {
    clearInterval(collecting)
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { signal } = new AbortController()
  const push = { url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }
  expect(await pushDeliveryReceipt(push, signal)).toEqual({ error: 'TimeoutError' })
}, 20_000)
