// The parameters of a form body. For a name that occurs twice, `get` returns the first value.
import { headerOf } from './headers.ts'
import type { VendorRequest } from './vendor.ts'

export function isForm(request: VendorRequest): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headerOf(request, 'content-type'))
}

export function formOf(request: VendorRequest): URLSearchParams {
  return new URLSearchParams(isForm(request) ? request.body : '')
}
