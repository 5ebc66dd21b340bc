// Aliyun's refusals. Errors of its API gateway have an HTTP status of their own and name the host; errors of the SMS
// product have status 200.
import { randomUUID } from 'node:crypto'
import type { VendorAnswer } from '../vendor.ts'

const HOST_ID = 'dysmsapi.aliyuncs.com'

const GATEWAY_STATUSES: Record<string, number> = {
  Forbidden: 403,
  'Forbidden.RAM': 403,
  InternalError: 500,
  'InvalidAccessKeyId.NotFound': 404,
  'InvalidAction.NotFound': 404,
  ServiceUnavailable: 503,
}

/** Clients read the code. Only a limit or a missing parameter has a text that says more. */
export function aliyunRefusal(code: string, text = code): VendorAnswer {
  const body = { Code: code, Message: text, RequestId: requestId() }
  if (/^is[vp]\./.test(code)) return { status: 200, body }
  return {
    status: GATEWAY_STATUSES[code] ?? 400,
    headers: code.startsWith('Throttling') ? { 'x-acs-retry-after': '1000' } : {},
    body: { ...body, HostId: HOST_ID },
  }
}

export function missing(parameter: string): VendorAnswer {
  return aliyunRefusal(`Missing${parameter}`, `${parameter} is mandatory for this action.`)
}

export function requestId(): string {
  return randomUUID().toUpperCase()
}
