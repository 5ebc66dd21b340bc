import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { startRedis } from '@sms-codes/launcher/redis'
import { TIMES } from './age.ts'
import { createCodeStore, type CodePolicy, type Issued } from '../src/codes/code-store.ts'
import { sealedMessage } from '../src/codes/sealed-message.ts'
import { phoneOf } from '../src/codes/send.ts'
import { createKeyring } from '../src/keyring.ts'
import { keys } from '../src/redis/keys.ts'
import { createSendLedger } from '../src/codes/send-ledger.ts'

export const policy: CodePolicy = {
  length: 6,
  ttlSeconds: 300,
  sendWithinSeconds: 120,
  compares: 5,
  missesPerDay: 15,
  sends: [
    { most: 1, seconds: 60 },
    { most: 5, seconds: 3_600 },
    { most: 10, seconds: 86_400 },
  ],
}

/** A real Redis of its own with the store and the ledger on it, and a way to let time pass. */
export async function startStore() {
  const server = await startRedis()
  const redis = new Redis(server.url)
  const keyring = createKeyring({
    phoneKey: randomBytes(32),
    codeKeys: [{ kid: 'k1', key: randomBytes(32) }],
  })
  const codes = createCodeStore(redis, keyring, () => policy)
  const ledger = createSendLedger(redis, keyring)

  return {
    server,
    redis,
    keyring,
    codes,
    ledger,

    /** Makes everything held as old as if `seconds` had gone by: the scripts know no clock but that of Redis. */
    async pass(seconds: number): Promise<void> {
      for (const key of await redis.keys('sms:*')) {
        const type = await redis.type(key)
        if (type === 'zset') {
          for (const member of await redis.zrange(key, 0, '-1'))
            await redis.zincrby(key, -seconds * 1000, member)
        } else if (type === 'hash') {
          for (const field of TIMES)
            if (await redis.hexists(key, field)) await redis.hincrby(key, field, -seconds * 1000)
        }
      }
    },

    /** The code of a send, read as a worker reads it. */
    async codeOf(issued: Issued): Promise<string> {
      if (issued.kind !== 'issued') throw new Error('nothing was issued')
      const { rid, scene } = issued.send
      const sealed = await redis.hget(keys.code(phoneOf(rid), scene), 'sealed')
      const message = sealedMessage.open(keyring, issued.send.rid, sealed ?? '')
      if (message === null) throw new Error('the key ring does not open the message')
      return message.code
    },

    async stop(): Promise<void> {
      redis.disconnect()
      await server.stop()
    },
  }
}

/** A number that no other test uses. */
let next = 0
export const aMobile = () => `138${String(10_000_000 + ++next)}`

export function sendOf(issued: Issued) {
  if (issued.kind !== 'issued') throw new Error(`not issued but ${issued.kind}`)
  return issued.send
}

/** Another code than this one. */
export const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
