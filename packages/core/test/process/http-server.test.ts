import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpServer } from '../../src/process/http-server.ts'
import { sendAndReset } from './reset-clients.ts'

type Handled = { request: IncomingMessage; response: ServerResponse }
type Handler = (one: Handled) => void

const GET = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: sms.example\r\n${more}\r\n`

let stop: () => Promise<void>
afterEach(() => stop())

/** Starts a server, and opens a connection to it. `handled` holds the requests that the handler got. */
async function start(handler: Handler) {
  const handled: Handled[] = []
  const sockets: Socket[] = []
  const server = createHttpServer((request, response) => {
    handled.push({ request, response })
    handler({ request, response })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stop = async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await once(server.close(), 'close')
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  async function open() {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {})
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    return { socket, closed, received: () => received }
  }
  return { server, port, handled, open, paths: () => handled.map(({ request }) => request.url) }
}

/** Answers nothing, and lets the connection wait without end. */
const answerNothing: Handler = ({ request }) => request.socket.setTimeout(0)
const answerPath: Handler = ({ request, response }) => response.end(`<${request.url}>`)
const answers = (text: string) => [...text.matchAll(/<(.*?)>/g)].map(([, path]) => path)

describe('a connection with several requests', () => {
  it('gets its answers one after the other, in the order of the requests', async () => {
    let [running, most] = [0, 0]
    const server = await start((one) => {
      running += 1
      most = Math.max(most, running)
      setTimeout(() => {
        running -= 1
        answerPath(one)
      }, 5)
    })
    const { socket, received } = await server.open()
    socket.write(['/a', '/b', '/c', '/d'].map((path) => GET(path)).join(''))
    await expect.poll(() => answers(received())).toEqual(['/a', '/b', '/c', '/d'])
    expect(most).toBe(1)
  })

  it('may have eight unanswered requests, as often as it likes', async () => {
    const server = await start(answerPath)
    const { socket, received } = await server.open()
    for (let round = 1; round <= 3; round++) {
      socket.write(GET('/x').repeat(8))
      await expect.poll(() => answers(received())).toHaveLength(8 * round)
    }
  })

  it('is closed at the ninth unanswered request, and the requests that wait are not handled', async () => {
    const server = await start(answerNothing)
    const { socket, closed } = await server.open()
    socket.write(GET('/x').repeat(9))
    await closed
    expect(server.paths().length).toBeLessThanOrEqual(1)
  })

  it('is closed at the ninth, even if the client sends them one by one and never reads', async () => {
    const server = await start(answerNothing)
    const { socket, closed } = await server.open()
    socket.pause()
    socket.write(GET('/x'))
    await expect.poll(server.paths).toEqual(['/x'])
    for (let i = 1; i < 9; i++) {
      socket.write(GET('/x'))
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.resume()
    await closed
    expect(server.paths()).toEqual(['/x'])
  })

  it('lets other connections be served between its requests', async () => {
    const server = await start(answerPath)
    const [many, one] = [await server.open(), await server.open()]
    many.socket.write(GET('/many').repeat(8))
    one.socket.write(GET('/one'))
    await expect.poll(() => answers(many.received())).toHaveLength(8)
    await expect.poll(() => answers(one.received())).toEqual(['/one'])
    expect(server.paths().indexOf('/one')).toBeLessThan(8)
  })

  it('has the rest of its requests dropped when it closes', async () => {
    const server = await start(answerNothing)
    const { socket } = await server.open()
    socket.write(GET('/a') + GET('/b'))
    await expect.poll(server.paths).toEqual(['/a'])
    const [first] = server.handled
    const closed = once(first?.response ?? socket, 'close')
    socket.destroy()
    await closed
    first?.response.end('late')
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.paths()).toEqual(['/a'])
  })

  it('has the requests dropped that follow an answer with `connection: close`', async () => {
    const server = await start((one) => {
      if (one.request.url === '/b') one.response.setHeader('connection', 'close')
      answerPath(one)
    })
    const { socket, closed, received } = await server.open()
    socket.write(GET('/a') + GET('/b') + GET('/c'))
    await closed
    expect(answers(received())).toEqual(['/a', '/b'])
    expect(server.paths()).toEqual(['/a', '/b'])
  })

  it('can send bodies, which wait with their requests', async () => {
    const server = await start(({ request, response }) => {
      request.setEncoding('utf8')
      request.once('data', (text) => response.end(`<${text}>`))
    })
    const { socket, received } = await server.open()
    const post = (body: string) =>
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const bodies = ['one', 'x'.repeat(20_000), 'three']
    socket.write(bodies.map(post).join(''))
    await expect.poll(() => answers(received()).length).toBe(3)
    expect(answers(received())[2]).toBe('three')
  })
})

describe('requests that arrive in one turn of the event loop', () => {
  /** Opens two connections that have both had an answer, so the next requests on them arrive in one turn. */
  async function openTwo(server: Awaited<ReturnType<typeof start>>) {
    const both = [await server.open(), await server.open()]
    for (const { socket, received } of both) {
      socket.write(GET('/first'))
      await expect.poll(() => answers(received())).toEqual(['/first'])
    }
    return both
  }

  /** Blocks the event loop for 100 ms, in which the kernel passes on what was written. */
  const letThemArrive = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)

  it('are handled in one run of code, so that their commands to Redis leave together', async () => {
    const steps: string[] = []
    const server = await start((one) => {
      steps.push(`handle ${one.request.url}`)
      process.nextTick(() => steps.push('next tick'))
      answerPath(one)
    })
    const both = await openTwo(server)
    steps.length = 0
    for (const [i, { socket }] of both.entries()) socket.write(GET(`/${i}`))
    letThemArrive()
    await expect.poll(() => steps).toHaveLength(4)
    expect(steps).toEqual(['handle /0', 'handle /1', 'next tick', 'next tick'])
  })

  it('are each handled in their own asynchronous context, which tracing uses', async () => {
    const context = new AsyncLocalStorage()
    const contexts: unknown[] = []
    const server = await start((one) => {
      contexts.push([one.request.url, context.getStore()])
      answerPath(one)
    })
    const both = await openTwo(server)
    // An instrumentation of `node:http` calls `emit` in a context like this.
    const { server: http } = server
    const emit = http.emit.bind(http)
    http.emit = (event: string, ...args: unknown[]) => {
      const [request] = args
      const url = request instanceof IncomingMessage ? request.url : ''
      return context.run(`context of ${url}`, () => emit(event, ...args))
    }
    contexts.length = 0
    for (const [i, { socket }] of both.entries()) socket.write(GET(`/${i}`))
    letThemArrive()
    await expect.poll(() => contexts).toHaveLength(2)
    expect(contexts).toEqual([
      ['/0', 'context of /0'],
      ['/1', 'context of /1'],
    ])
  })
})

describe('a request without effect', () => {
  it('is one whose client has reset the connection', async () => {
    const server = await start(answerPath)
    sendAndReset(server.port, Array<string>(50).fill(GET('/reset')))
    const { socket, received } = await server.open()
    socket.write(GET('/last'))
    await expect.poll(() => answers(received())).toEqual(['/last'])
    expect(server.paths()).toEqual(['/last'])
  })

  it('is not one whose connection closes later: its handler still finds the address of the client', async () => {
    const addresses: unknown[] = []
    const server = await start(({ request, response }) => {
      response.once('close', () => addresses.push(request.socket.remoteAddress))
    })
    const { socket } = await server.open()
    socket.write(GET('/x'))
    await expect.poll(server.paths).toEqual(['/x'])
    socket.resetAndDestroy()
    await expect.poll(() => addresses).toEqual(['127.0.0.1'])
  })

  it('is one that turns out to be malformed after its headers', async () => {
    const server = await start(answerPath)
    const { socket, closed, received } = await server.open()
    socket.write(GET('/well-formed'))
    await expect.poll(() => answers(received())).toEqual(['/well-formed'])
    socket.write(GET('/x', 'Transfer-Encoding: gzip\r\n'))
    await closed
    expect(server.paths()).toEqual(['/well-formed'])
  })
})
