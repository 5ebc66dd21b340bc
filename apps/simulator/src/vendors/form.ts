// The parameters of a form body. For a name that occurs twice, `get` returns the first value.
import type { VendorRequest } from './vendor.ts'

export function formOf(request: VendorRequest): URLSearchParams {
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '')
  return new URLSearchParams(isForm ? request.body : '')
}
