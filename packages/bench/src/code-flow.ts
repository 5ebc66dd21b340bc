import { setTimeout as sleep } from 'node:timers/promises'
import { inBatches } from './codes.ts'
import type { Gateway } from './gateway.ts'
import type { Pool } from './pool.ts'
import {
  deliveryReceipt,
  hasReceipt,
  imageRequest,
  isImage,
  requestIdOf,
  verifyRequest,
  type SendRequest,
} from './requests.ts'

/** The codes of a part, those that failed, and those whose send was accepted but whose message did not arrive. */
export type Tally = { codes: number; failed: number; lost: number }
export const noCodes = (): Tally => ({ codes: 0, failed: 0, lost: 0 })

type Flow = {
  /** How many users ask for codes at the same time. */
  users: number
  pool: Pool
  gateway: Gateway
  tally: Tally
  say: (line: string) => void
}

/** How long after a message its delivery receipt comes. */
const RECEIPT_AFTER_MS = 50

/** Runs codes from picture to verify, counts them in the tally, and reports the first fault. */
export async function runCodes(sends: readonly SendRequest[], flow: Flow): Promise<void> {
  const faults: unknown[] = []
  await inBatches(
    sends.length,
    async (at) => {
      const send = sends[at]
      if (send !== undefined) await runCode(send, flow).catch((err: unknown) => faults.push(err))
    },
    flow.users,
  )
  flow.tally.codes += sends.length
  flow.tally.failed += faults.length
  if (faults.length > 0)
    flow.say(`${faults.length} of ${sends.length} codes failed, the first: ${String(faults[0])}`)
}

/** One code: picture, send, message, delivery receipt, verify. @throws Error for an answer that is not a success */
async function runCode({ mobile, request }: SendRequest, { pool, gateway, tally }: Flow): Promise<void> {
  const image = await pool.ask(imageRequest())
  if (!isImage(image)) throw new Error(`a picture was refused: ${image.status}`)
  const answer = await pool.ask(request)
  const rid = requestIdOf(answer)
  if (rid === null) throw new Error(`a send was refused: ${answer.status} ${String(answer.body)}`)
  const message = await gateway.received(mobile)
  if (message === null) {
    tally.lost += 1
    throw new Error('a message did not reach the gateway')
  }
  await sleep(RECEIPT_AFTER_MS)
  const { status } = await pool.ask(deliveryReceipt(message.messageId, message.reqId))
  if (status !== 200) throw new Error(`a delivery receipt was refused: ${status}`)
  if (!hasReceipt(await pool.ask(verifyRequest(mobile, message.code, rid))))
    throw new Error('a code did not verify')
}
