import type { InjectOptions } from 'fastify'
import { createLogger } from '@sms-codes/core/logger'
import { createRegistry } from '@sms-codes/core/process/registry'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { buildApp } from '../src/app.ts'
import type { Operator } from '../src/login.ts'

export const reader = { user: 'operator', password: 'a long enough password', mayWrite: false }
export const writer = { user: 'writer', password: 'another long password', mayWrite: true }
export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const loginOf = ({ user, password }: Operator) => ({ authorization: basic(user, password) })

export type Route = { method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH'; url: string }
export type Messages = Partial<Parameters<typeof buildApp>[0]['messages']>
type Given = {
  server?: RedisServer
  shards?: number
  writable?: boolean
  basePath?: string
  trustProxy?: string[]
  messages?: Messages
}

/** Builds the board as main.ts does, on a real Redis, and keeps its log in an array. */
export async function startBoard({
  server: given,
  shards = 1,
  writable = false,
  basePath = '',
  trustProxy = [],
  messages = {},
}: Given = {}) {
  const server = given ?? (await startRedis())
  const lines: string[] = []
  const log = createLogger('board', 'info', { write: (line) => lines.push(line) })
  // A connection of this kind waits longer for an answer, so that a busy test machine causes no refusals.
  const redis = connectRedis(server.url, 'operator', log)
  const { queues, close } = watchQueues(redis, log)
  const operators = writable ? [reader, writer] : [reader]
  const registry = createRegistry('board', '1.2.3')
  const app = await buildApp({
    log,
    redis,
    registry,
    queues,
    shards,
    operators,
    basePath,
    trustProxy,
    messages: { budget: [], countries: ['CN'], historyHours: 24, phoneKey: undefined, ...messages },
  })
  const board = {
    server,
    app,
    /** Log entries with this message. */
    logged: (msg: string) =>
      lines
        .map((line): unknown => JSON.parse(line))
        .filter(
          (entry) => typeof entry === 'object' && entry !== null && 'msg' in entry && entry.msg === msg,
        ),
    log: () => lines.join(''),
    /** Sends a request as the reader. */
    ask: (request: InjectOptions) =>
      app.inject({ ...request, headers: { ...loginOf(reader), ...request.headers } }),
    /** Sends a request as the writer. */
    askToWrite: (request: InjectOptions) =>
      app.inject({ ...request, headers: { ...loginOf(writer), ...request.headers } }),
    routes: () => routesOf(app.printRoutes({ commonPrefix: false })),
    close: async () => {
      await app.close()
      await close()
      redis.disconnect()
      if (given === undefined) await server.stop()
    },
  }
  // A test that brings its own server may have stopped it on purpose.
  if (given === undefined) await untilReady(redis)
  return board
}
export type Board = Awaited<ReturnType<typeof startBoard>>

/** Replaces each `:name` of a route by its value. */
export function fill(url: string, values: Record<string, string>): string {
  return url
    .replace('*', 'images/logo.svg')
    .replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(values[name] ?? 'unknown'))
}

/** Parses the tree of routes that Fastify prints: each line adds a part to the path of its parent. */
function routesOf(tree: string): Route[] {
  const parents: string[] = []
  const routes: Route[] = []
  for (const line of tree.split('\n')) {
    const [, indent = '', part = '', methods = ''] =
      /^((?:[│ ] {3})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? []
    if (part === '') continue
    const depth = indent.length / 4
    // Fastify omits the fixed part of a path with a wildcard.
    const path = part === '*' ? 'static/*' : part
    // The tree splits a path at a hyphen too, if the part before the hyphen is a route.
    const joint = path.startsWith('-') ? '' : '/'
    const url = depth === 0 ? path : `${parents[depth - 1]}${joint}${path}`.replace(/\/+/g, '/')
    parents[depth] = url
    for (const method of methods.split(', ')) if (isMethod(method)) routes.push({ method, url })
  }
  return routes
}

function isMethod(method: string): method is Route['method'] {
  return ['GET', 'HEAD', 'PUT', 'POST', 'PATCH'].includes(method)
}
