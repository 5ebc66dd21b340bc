import type { FastifyRequest } from 'fastify'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'

const requestId = new RegExp(REQUEST_ID_PATTERN)
const named = new WeakMap<FastifyRequest, string>()

/**
 * From now on the lines of this HTTP request say which request for a code it is about, as those of the
 * workers do. A caller may have typed anything in its place: what is no id of ours is not written down.
 */
export function nameInLog(
  request: FastifyRequest,
  { rid = '', n }: { rid?: string | undefined; n?: number },
): void {
  if (!requestId.test(rid) || named.get(request) === rid) return
  named.set(request, rid)
  request.log = request.log.child(n === undefined ? { rid } : { rid, n })
}
