// The interface between a simulated vendor and the rest of the simulator. A vendor only judges requests and describes
// its delivery receipts; faults, the outbox and HTTP belong to its callers.
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Arrivals } from '../control/arrivals.ts'
import type { Message } from './message.ts'
import type { AnswerFault } from './vendor-faults.ts'

export type VendorDeps = { clock: Clock; outbox: Arrivals<Message>; config: Config }

export type VendorRequest = {
  method: string
  /** The account in the path, for the vendors whose paths have one. */
  account: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

/** A body that is a text is sent as it is; any other body becomes JSON. */
export type VendorAnswer = { status: number; headers?: Record<string, string>; body: unknown }

export type AcceptedMessage = Omit<Message, 'number' | 'country' | 'gateway' | 'landed' | 'lost'> & {
  /** The URL for the delivery receipt, when the request named one. */
  callback?: string
}

/** The answer to a request, with the message when the vendor accepted one, or with a fault that the request asked for. */
export type Verdict = VendorAnswer & { accepted?: AcceptedMessage; fault?: AnswerFault }

export type DeliveryReceiptPush = { url: string; headers: Record<string, string>; body: string }

export type DeliveryReceipts = {
  /**
   * Null when the message has no URL to report to. A forged delivery receipt lacks the vendor's proof: its signature or,
   * where the vendor does not sign, the callback token.
   */
  buildDeliveryReceipt(
    message: AcceptedMessage,
    report: { delivered: boolean; forged: boolean; now: number },
  ): DeliveryReceiptPush | null
  isAcknowledged(answer: { status: number; body: string }): boolean
}

/** For a vendor that pushes no delivery receipts. */
export const NO_DELIVERY_RECEIPTS: DeliveryReceipts = {
  buildDeliveryReceipt: () => null,
  isAcknowledged: () => true,
}

export type Vendor = DeliveryReceipts & {
  name: string
  answer(request: VendorRequest): Verdict
  /** True for a query about earlier messages, which never sends one. */
  isLookUp(request: VendorRequest): boolean
  /** Whether `code` has the form of the vendor's error codes. */
  isRefusalCode(code: string): boolean
  refusal(code: string, request: VendorRequest): VendorAnswer
  /** The answer to a request whose body could not be read. */
  unreadable(): VendorAnswer
  /** Forgets used ids and counts. */
  reset(): void
}
