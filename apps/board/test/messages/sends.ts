import { randomBytes } from 'node:crypto'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import type { Send } from '@sms-codes/core/codes/send'
import { createSendLedger, type Settlement } from '@sms-codes/core/codes/send-ledger'
import { createFailureList } from '@sms-codes/core/history/failures'
import { createRefusalNotes } from '@sms-codes/core/history/history'
import { createTraffic, type Traffic } from '@sms-codes/core/history/traffic'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLogger } from '@sms-codes/core/logger'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { expect, vi } from 'vitest'
import { startBoard, type Board, type Messages } from '../board.ts'

const KEEP_SECONDS = 86_400
const policy = {
  length: 6,
  ttlSeconds: 300,
  sendWithinSeconds: 120,
  compares: 5,
  missesPerDay: 15,
  missesWithIdPerDay: 100,
  keepHistorySeconds: KEEP_SECONDS,
  sends: [{ most: 50, seconds: 3_600 }],
}

/** Starts another board on a running server, and waits for its connection. */
export async function startBoardOn(server: Board['server'], messages: Messages): Promise<Board> {
  const board = await startBoard({ server, messages })
  const status = async () => (await board.app.inject({ url: '/readyz' })).statusCode
  await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 15_000 })
  return board
}

export type Given = { gateway: string; class: string; code: string }

/** The writers of API and worker, with which a test makes the history that the pages show. */
export async function startSends(redisUrl: string) {
  const log = createLogger('test', 'silent')
  const redis = connectRedis(redisUrl, 'operator', log)
  await untilReady(redis)
  const phoneKey = randomBytes(32)
  const keyring = createKeyring({ phoneKey, codeKeys: [{ kid: 'k1', key: randomBytes(32) }] })
  const codes = createCodeStore(redis, keyring, () => policy)
  const failures = createFailureList(redis, KEEP_SECONDS, log)
  const ledger = createSendLedger(redis, keyring, () => {}, failures)

  return {
    redis,
    phoneKey,
    keyring,
    ledger,
    failures,
    refuse: createRefusalNotes(redis, keyring, KEEP_SECONDS),

    async issue(mobile: string, scene = 'login'): Promise<{ send: Send; requestId: string }> {
      const issued = await codes.issue(mobile, scene)
      if (issued.kind !== 'issued') throw new Error(`not issued but ${issued.kind}`)
      return issued
    },

    /** Makes one call to a gateway, and settles the send by its answer. */
    async call(send: Send, { gateway, class: cls, code }: Given, what: Settlement): Promise<void> {
      const claim = await ledger.claim(send, gateway, { fence: 0, leaseMs: 5_000 })
      if (claim.kind !== 'go') throw new Error(`no claim but ${claim.kind}`)
      const answer = { tookMs: 321, channel: 'sms' as const, gateway, class: cls, code }
      await ledger.settle(send, claim.fence, { gateway, answer, ...what })
      // The ledger does not wait for the list of failures. This connection answers its commands in order.
      await redis.ping()
    },

    /** Counts as a process did so many minutes ago. */
    async traffic(minutesAgo: number, count: (traffic: Traffic) => void): Promise<void> {
      const traffic = createTraffic(redis, log, () => Date.now() - minutesAgo * 60_000)
      count(traffic)
      await traffic.flush()
    },

    stop: () => redis.disconnect(),
  }
}
export type Sends = Awaited<ReturnType<typeof startSends>>

/** The text of a page without its markup, as a reader sees it. */
export const textOf = (page: string): string =>
  page
    .replace(/<head>.*?<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')

/** The cells of the row that begins with this text, without their markup. */
export const rowOf = (page: string, first: string): string[] => {
  const rows = [...page.matchAll(/<tr class[^>]*>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => textOf(cell).trim()),
  )
  return rows.find((cells) => cells[0] === first) ?? []
}
