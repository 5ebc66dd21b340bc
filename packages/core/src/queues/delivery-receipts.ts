import { Value } from '@sinclair/typebox/value'
import { keys } from '../redis/keys.ts'
import type { Keyring } from '../keyring.ts'
import type { RedisClient } from '../redis/connect.ts'
import { LaterJob, SendJob, type SendQueue } from './send-queue.ts'
import { createScript } from '../redis/script.ts'
import type { DeliveryState, Reported, SendLedger } from '../codes/send-ledger.ts'

/** What a vendor's receipt says in the end; the states on the way there are of no interest. */
export type ReceiptState = Exclude<DeliveryState, 'missing'>

// A code record is gone by then, and with it whatever a receipt could change.
const KEEP_MS = 1_800_000

/**
 * Where the messages that gateways took wait for their delivery receipts, and receipts for their messages:
 * the answer to a call and the receipt about it race. Names are pseudonyms, as ids of vendors are no secrets
 * but say whose account it was.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createDeliveryReceipts(redis: RedisClient, keyring: Keyring) {
  const expectScript = createScript(redis, new URL('./lua/expect-receipt.lua', import.meta.url))
  const arriveScript = createScript(redis, new URL('./lua/receipt-arrived.lua', import.meta.url))
  const nameOf = (gateway: string, id: string) => keys.message(keyring.pseudonym(`message|${gateway}|${id}`))
  return {
    /** A gateway knows this send by that id. Answers what it said of it already, null for nothing. */
    async expect(gateway: string, id: string, job: SendJob): Promise<ReceiptState | null> {
      const reply = await expectScript([nameOf(gateway, id)], [JSON.stringify(job), KEEP_MS])
      const state = reply.text('parked')
      return state === 'delivered' || state === 'undelivered' ? state : null
    },

    /** A receipt: the job of its send, or null when that is not known (yet) and the receipt waits for it. */
    async arrive(gateway: string, id: string, state: ReceiptState): Promise<SendJob | null> {
      const reply = await arriveScript([nameOf(gateway, id)], [state, KEEP_MS, 0])
      return reply.kind === 'known' ? readJob(JSON.parse(reply.text('job'))) : null
    },

    /** Keeps a receipt for a send that is known and not settled, so that whoever settles it finds it. */
    async park(gateway: string, id: string, state: ReceiptState): Promise<void> {
      await arriveScript([nameOf(gateway, id)], [state, KEEP_MS, 1])
    },
  }
}

/** A newer worker may have left a job of its own version; which send it is about is all that a receipt needs. */
function readJob(data: unknown): SendJob {
  if (!Value.Check(LaterJob, data)) return Value.Parse(SendJob, data)
  const { rid, scene, n, to, segment } = data
  return { v: 1, rid, scene, n, to, segment }
}
export type DeliveryReceipts = ReturnType<typeof createDeliveryReceipts>

/**
 * Records what is known of a message after its gateway accepted it, and adds the mail if the send moved to e-mail.
 *
 * @param mayFallBack whether the send may move to e-mail
 * @param receiptWithinMs how long a delivery receipt may take before it counts as missing
 * @throws StoreError
 */
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
