import { AsyncResource } from 'node:async_hooks'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { Socket } from 'node:net'

/** A connection with more unanswered requests is closed. Clients that pipeline at all send two or three. */
const MOST_UNANSWERED = 8

/** The time in which a client must send its whole request, and the time without a byte in either direction. */
const CLIENT_TIMEOUT_MS = 10_000

/**
 * Creates an HTTP server that handles the requests of a connection one after the other. A client can send a thousand
 * requests in one packet. Node would call the handler for all of them at once. When the connection closes, Node emits no
 * event on the answers that wait for their turn, so each of them would keep its memory and its open file.
 * @param options in addition to the timeouts
 */
export function createHttpServer(handle: RequestListener, options: ServerOptions = {}): Server {
  const unanswered = new WeakMap<Socket, number>()
  let waiting: (() => void)[] = []

  /**
   * Handles the waiting requests of all connections in one run of code. Their first commands to Redis then leave in
   * one packet (gather-writes.ts), which takes 15 % of the CPU time off a send and off a verify at 50 connections.
   */
  function handleWaiting(): void {
    const all = waiting
    waiting = []
    for (const begin of all) begin()
  }

  const listener: RequestListener = (request, response) => {
    const { socket } = request
    const count = (unanswered.get(socket) ?? 0) + 1
    unanswered.set(socket, count)
    if (count > MOST_UNANSWERED) {
      socket.destroy()
      return
    }
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
    // The handler begins in the next turn of the event loop, so other connections are served in between. By then, Node
    // has closed the connection if the client reset it or sent a malformed body, and such a request has no effect.
    // Node keeps an address that was read once, so the handler finds its client's address even after a later reset.
    const handleIfConnected = () => {
      if (!socket.destroyed && socket.remoteAddress !== undefined) handle(request, response)
    }
    const begin = () => {
      if (waiting.length === 0) setImmediate(handleWaiting)
      // A tracing SDK keeps its span in the context of the request, and a turn has the context of its first request.
      // `AsyncResource.bind` would do the same, but costs a tenth of a verify.
      const context = new AsyncResource('Request')
      waiting.push(() => context.runInAsyncScope(handleIfConnected))
    }
    // Node gives the socket to the answer whose turn it is.
    if (response.socket === null) response.once('socket', begin)
    else begin()
  }
  const limits = {
    ...options,
    requestTimeout: CLIENT_TIMEOUT_MS,
    // By default Node looks for late requests every 30 seconds. Its timeout for headers is 60 seconds by default.
    // If this timeout is longer than the timeout for the request, Node exchanges the two values.
    headersTimeout: CLIENT_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    // Longer than load balancers keep a connection that they do not use.
    keepAliveTimeout: 72_000,
  }
  return createServer(limits, listener).setTimeout(CLIENT_TIMEOUT_MS)
}
