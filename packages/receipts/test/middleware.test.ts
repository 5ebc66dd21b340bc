import express from 'express'
import { fastify } from 'fastify'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startApi, type Api } from '../../../apps/api/test/api.ts'
import { expressReceipt, fastifyReceipt } from '../src/middleware.ts'
import { createReceiptCheck, type Claims, type ReceiptCheck } from '../src/receipts.ts'
import { startHttp } from './http.ts'

declare module 'fastify' {
  interface FastifyRequest {
    receipt?: Claims
  }
}

type BackEnd = { url: string; stop: () => Promise<unknown> }

/** Back ends that answer the claims of a receipt. */
const FRAMEWORKS: Record<string, (check: ReceiptCheck) => Promise<BackEnd>> = {
  Express: async (check) => {
    const app = express().use(express.json(), express.urlencoded())
    app.post('/', expressReceipt(check), (request, response) => {
      response.json(request.receipt)
    })
    return startHttp(app)
  },
  Fastify: async (check) => {
    const app = fastify()
    app.post('/', { preHandler: fastifyReceipt(check) }, async (request) => request.receipt)
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }), stop: () => app.close() }
  },
}

let api: Api
let baseUrl: string
beforeAll(async () => {
  api = await startApi()
  baseUrl = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => api.stop())

describe.each(Object.entries(FRAMEWORKS))('with %s', (_name, start) => {
  let backEnd: BackEnd
  beforeAll(async () => {
    backEnd = await start(createReceiptCheck({ baseUrl, scene: 'login' }))
  })
  afterAll(() => backEnd.stop())

  async function post(body: unknown, to = backEnd) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(to.url, { method: 'POST', headers, body: JSON.stringify(body) })
    const parsed: unknown = await answer.json()
    return { status: answer.status, body: parsed }
  }
  const refusal = (error: string) => ({
    error,
    message: `the receipt is not accepted: ${error.replaceAll('_', ' ')}`,
  })

  it('a request with a receipt reaches the handler with the claims', async () => {
    const receipt = await api.receipt(aMobile())
    expect(await post({ receipt })).toEqual({ status: 200, body: decodeJwt(receipt) })
  })

  it('a receipt for another scene gets 400', async () => {
    const receipt = await api.receipt(aMobile(), 'register')
    expect(await post({ receipt })).toEqual({ status: 400, body: refusal('other_scene') })
  })

  it.each([[{}], [{ receipt: 7 }], [{ receipt: ['a', 'b'] }], [[]]])('the body %j gets 400', async (body) => {
    expect(await post(body)).toEqual({ status: 400, body: refusal('invalid') })
  })

  it('a request without a body gets 400', async () => {
    const answer = await fetch(backEnd.url, { method: 'POST' })
    expect([answer.status, await answer.json()]).toEqual([400, refusal('invalid')])
  })

  it('a receipt gets 503 while the public keys are unreachable', async () => {
    const silent = await startHttp((request) => request.socket.destroy())
    const other = await start(createReceiptCheck({ baseUrl: silent.url, scene: 'login' }))
    const receipt = await api.receipt(aMobile())
    expect(await post({ receipt }, other)).toEqual({ status: 503, body: refusal('keys_unreachable') })
    await Promise.all([other.stop(), silent.stop()])
  })

  it('an error that is no refusal reaches the error handler of the framework', async () => {
    const other = await start(() =>
      Promise.reject(Object.assign(new Error('a fault'), { status: 418, statusCode: 418 })),
    )
    expect((await fetch(other.url, { method: 'POST' })).status).toBe(418)
    await other.stop()
  })
})
