import { readdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { ROOT, startSystem, times, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ workers: 0, board: true })
})
afterAll(() => system.stop())

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length
const rssMb = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

/** Opens a connection, and writes the same request many times in one go. */
async function pipeline(url: string, path: string, count: number, isReading: boolean): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  if (isReading) socket.resume()
  await once(socket, 'connect')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: sms.example\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n`.repeat(count),
  )
  return socket
}

/** Sends 21,600 requests on 36 connections, and asks for something else at the same time. */
async function flood(url: string, path: string, isReading: boolean, other: string): Promise<number[]> {
  const sockets = await times(36, () => pipeline(url, path, 600, isReading))
  const statuses = []
  for (let i = 0; i < 10; i++) statuses.push((await fetch(other)).status)
  for (const socket of sockets) socket.destroy()
  return statuses
}

/** The first API process. */
function api() {
  const [first] = system.apis
  if (first === undefined) throw new Error('no API runs')
  return first
}

describe('a flood of pipelined requests', () => {
  it.each([
    ['/docs/static/swagger-ui-bundle.js', true],
    ['/docs/static/swagger-ui-bundle.js', false],
    ['/openapi.json', true],
    ['/openapi.json', false],
    ['/image_codes/uuid-number-1/', true],
    ['/v1/challenges', false],
    ['/nowhere', false],
  ])(
    'of %s leaves no descriptor and no memory behind, and others are answered (read: %s)',
    async (path, isReading) => {
      const { url, process } = api()
      const { pid } = process
      const other = `${url}/.well-known/jwks.json`
      for (let i = 0; i < 2; i++) await flood(url, path, isReading, other)
      const before = { descriptors: descriptors(pid), rss: rssMb(pid) }
      expect(await flood(url, path, isReading, other)).toEqual(Array(10).fill(200))
      // The client keeps up to ten connections for its own requests.
      await expect.poll(() => descriptors(pid)).toBeLessThanOrEqual(before.descriptors * 1.1)
      // Memory that a flood leaves behind grows with each further flood. The least of three values has little garbage.
      const leastMb = async () => {
        const values: number[] = []
        for (let i = 0; i < 3; i++) {
          await flood(url, path, isReading, other)
          values.push(rssMb(pid))
        }
        return Math.min(...values)
      }
      let least = await leastMb()
      const grownMb = async () => -least + (least = await leastMb())
      // Until the heap has its size, it grows too.
      await expect.poll(grownMb).toBeLessThanOrEqual(before.rss * 0.1)
    },
  )

  it.each([
    ['the health server', '/metrics', () => api().opsUrl, '/livez'],
    ['the board', '/livez', () => system.boardUrl, '/livez'],
  ])('does not stop %s from answering others', async (_server, path, urlOf, other) => {
    expect(await flood(urlOf(), path, false, `${urlOf()}${other}`)).toEqual(Array(10).fill(200))
  })
})

it('clients that read none of their answers take a connection each and no memory', async () => {
  const { url, process } = api()
  const { pid } = process
  // Eight answers of 1.7 MB for each of a hundred clients.
  const readNothing = () => times(100, () => pipeline(url, '/docs/static/swagger-ui-bundle.js', 8, false))
  const free = descriptors(pid)
  const hold = async () => {
    const sockets = await readNothing()
    await expect.poll(() => descriptors(pid)).toBeGreaterThanOrEqual(free + 90)
    return sockets
  }
  for (const socket of await hold()) socket.destroy()
  await expect.poll(() => descriptors(pid)).toBeLessThanOrEqual(free * 1.1)
  const rss = rssMb(pid)
  const sockets = await hold()
  expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200)
  expect(descriptors(pid)).toBeLessThanOrEqual(free + 110)
  // The process keeps held answers for ten seconds, and collects garbage earlier.
  await expect.poll(() => rssMb(pid), { timeout: 3_000 }).toBeLessThanOrEqual(rss * 1.1)
  // The server ends the connections itself, because no byte moves any more.
  await expect.poll(() => descriptors(pid), { timeout: 40_000 }).toBeLessThanOrEqual(free * 1.1)
  for (const socket of sockets) socket.destroy()
})

it('a process without a free file descriptor goes on, and answers when there is one again', async () => {
  const [port, opsPort] = [await freePort(), await freePort()]
  const lines: string[] = []
  const child = await startProcess({
    name: 'api',
    command: 'sh',
    args: ['-c', `ulimit -n 200; exec "$0" "$1"`, process.execPath, join(ROOT, 'apps/api/dist/main.js')],
    env: {
      ...system.env,
      API_PORT: String(port),
      API_OPS_PORT: String(opsPort),
      POLICY_FILE: policyFile({ overload: { event_loop_max_delay: '60s' } }),
    },
    onLine: (line) => lines.push(line),
  })
  try {
    const opsUrl = `http://127.0.0.1:${opsPort}`
    await waitForHttp(`${opsUrl}/readyz`, 30_000)
    const sockets = Array.from({ length: 300 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    await expect.poll(() => descriptors(child.pid)).toBeGreaterThanOrEqual(199)
    // Long enough for each timer that measures something to run.
    await sleep(2_500)
    for (const socket of sockets) socket.destroy()
    const status = async (url: string) =>
      fetch(url).then(
        (response) => response.status,
        () => 0,
      )
    await expect.poll(() => status(`http://127.0.0.1:${port}/.well-known/jwks.json`)).toBe(200)
    // Connections that waited meanwhile may take the last descriptors once more.
    await expect.poll(() => status(`${opsUrl}/metrics`)).toBe(200)
    expect(lines.filter((line) => line.includes('uncaught'))).toEqual([])
  } finally {
    await child.stop()
  }
})

it('a client that resets its connections leaves no error in the log', async () => {
  const seen = system.logs.length
  const targets = [api().url, system.boardUrl, api().opsUrl]
  const login = `Authorization: Basic ${Buffer.from('operator:wrong').toString('base64')}`
  for (let i = 0; i < 300; i++) {
    const socket = connect(Number(new URL(targets[i % 3] ?? '').port), '127.0.0.1')
    socket.on('error', () => {})
    socket.on('connect', () => {
      const path = i % 3 === 0 ? '/image_codes/uuid-number-1/' : '/api/queues'
      socket.write(`GET ${path} HTTP/1.1\r\nHost: sms.example\r\n${login}\r\n\r\n`)
      socket.resetAndDestroy()
    })
    await once(socket, 'close')
  }
  expect((await fetch(`${api().url}/.well-known/jwks.json`)).status).toBe(200)
  expect((await fetch(`${system.boardUrl}/livez`)).status).toBe(200)
  const lines = system.logs.slice(seen).map(({ line }) => line)
  const errors = lines.filter((line) => /"level":"error"|"bug"|"stack"/.test(line))
  expect(errors.slice(0, 3)).toEqual([])
  // A try whose reset has not arrived yet is an ordinary try, with the address of its client.
  for (const line of lines.filter((one) => one.includes('login failed')))
    expect(line).toContain('"ip":"127.0.0.1"')
})
