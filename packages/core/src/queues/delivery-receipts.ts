import { Value } from '@sinclair/typebox/value'
import { keys } from '../redis/keys.ts'
import type { Keyring } from '../keyring.ts'
import type { RedisClient } from '../redis/connect.ts'
import { LaterJob, SendJob, type SendQueue } from './send-queue.ts'
import { createScript } from '../redis/script.ts'
import type { DeliveryState, Reported, SendLedger } from '../codes/send-ledger.ts'

/** The final states of a vendor's delivery receipt; the states before them are ignored. */
export type ReceiptState = Exclude<DeliveryState, 'missing'>

// The code record has expired by then, so a delivery receipt could change nothing.
const KEEP_MS = 1_800_000

/**
 * Matches delivery receipts with the messages that gateways accepted. The answer to a call and the delivery receipt
 * race, so whichever comes first is kept for the other. Keys contain a pseudonym of the vendor's message id.
 * Every method throws StoreError when Redis does not answer.
 */
export function createDeliveryReceipts(redis: RedisClient, keyring: Keyring) {
  const expectScript = createScript(redis, new URL('./lua/expect-receipt.lua', import.meta.url))
  const arriveScript = createScript(redis, new URL('./lua/receipt-arrived.lua', import.meta.url))
  const nameOf = (gateway: string, id: string) => keys.message(keyring.pseudonym(`message|${gateway}|${id}`))
  return {
    /** Remembers the gateway's id of this send. Answers the delivery receipt that came before, or null. */
    async expect(gateway: string, id: string, job: SendJob): Promise<ReceiptState | null> {
      const reply = await expectScript([nameOf(gateway, id)], [JSON.stringify(job), KEEP_MS])
      const state = reply.text('parked')
      return state === 'delivered' || state === 'undelivered' ? state : null
    },

    /** Answers the job of the send that a delivery receipt is about; null if it is not known yet, and the receipt is kept. */
    async arrive(gateway: string, id: string, state: ReceiptState): Promise<SendJob | null> {
      const reply = await arriveScript([nameOf(gateway, id)], [state, KEEP_MS, 0])
      return reply.kind === 'known' ? readJob(JSON.parse(reply.text('job'))) : null
    },

    /** Keeps a delivery receipt for a send that is known but not settled; the worker that settles it applies it. */
    async park(gateway: string, id: string, state: ReceiptState): Promise<void> {
      await arriveScript([nameOf(gateway, id)], [state, KEEP_MS, 1])
    },
  }
}

/**
 * A newer worker may have stored a job of its own version; a delivery receipt needs only the fields of every version.
 * Null for a job of an older format.
 */
function readJob(data: unknown): SendJob | null {
  if (Value.Check(SendJob, data)) return data
  if (!Value.Check(LaterJob, data)) return null
  const { rid, scene, n, to, segment } = data
  return { v: 1, rid, scene, n, to, segment }
}
export type DeliveryReceipts = ReturnType<typeof createDeliveryReceipts>

/** Reports to the ledger (see `report` there), and adds the mail if the send moved to e-mail. @throws StoreError */
export async function applyDeliveryReport(
  job: SendJob,
  state: DeliveryState,
  mayFallBack: boolean,
  { ledger, mails }: { ledger: Pick<SendLedger, 'report'>; mails: Pick<SendQueue, 'add'> },
  receiptWithinMs = 0,
): Promise<Reported> {
  const reported = await ledger.report(job, state, mayFallBack, receiptWithinMs)
  if (reported.kind === 'moved') await mails.add(job)
  return reported
}
