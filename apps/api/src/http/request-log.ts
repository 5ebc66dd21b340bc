import type { FastifyRequest } from 'fastify'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'

const requestIdPattern = new RegExp(REQUEST_ID_PATTERN)
const named = new WeakMap<FastifyRequest, string>()

/**
 * Adds `rid`, the id of the request for a code, to all further log lines of this HTTP request. Workers log it too.
 * A caller can send any text as an id, so text that does not match the pattern is not logged.
 */
export function nameInLog(request: FastifyRequest, rid: string, n?: number): void {
  if (!requestIdPattern.test(rid) || named.get(request) === rid) return
  named.set(request, rid)
  request.log = request.log.child(n === undefined ? { rid } : { rid, n })
}
