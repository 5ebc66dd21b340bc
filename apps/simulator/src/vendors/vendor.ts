// What a vendor is to the rest of the simulator: it judges a request as it came, can refuse with any of its codes, and
// says what its delivery receipts look like. Faults, the phone and HTTP are not its business.
import type { IncomingHttpHeaders } from 'node:http'
import type { Message } from '../control/outbox.ts'

export type VendorRequest = {
  method: string
  /** From the path, where the vendor has it there. */
  account: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

export type VendorAnswer = { status: number; headers?: Record<string, string>; body: unknown }

/** A message that the vendor took. `callback` is where its sender wants the receipt, if the request said so. */
export type Taken = Pick<Message, 'id' | 'to' | 'code' | 'minutes' | 'text' | 'template' | 'at' | 'echo'> & {
  callback?: string
}

export type Verdict = VendorAnswer & { taken?: readonly Taken[] }

export type Push = { url: string; headers: Record<string, string>; body: string }

export type Receipts = {
  /** Null where the message has nobody to tell. A forged one lacks the proof that this vendor's receipts have. */
  push(message: Taken, report: { delivered: boolean; forged: boolean; now: number }): Push | null
  isAcknowledged(answer: { status: number; body: string }): boolean
}

export type Vendor = {
  name: string
  answer(request: VendorRequest): Verdict
  /** A question about messages sent before; it never sends one. */
  isLookUp(request: VendorRequest): boolean
  /** Whether the vendor has codes that look like this, success aside. */
  isRefusalCode(code: string): boolean
  refusal(code: string, request: VendorRequest): VendorAnswer
  /** For a request whose body HTTP itself could not take. */
  unreadable(): VendorAnswer
  receipts: Receipts
  /** Forgets requests, limits and all. */
  reset(): void
}
