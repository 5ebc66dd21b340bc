import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { startRedis } from '@sms-codes/launcher/redis'
import { ageCounter, ageTimes } from './age.ts'
import { createCodeStore, type CodePolicy, type Issued } from '../src/codes/code-store.ts'
import { sealedMessage } from '../src/codes/sealed-message.ts'
import { phoneOf, type Send } from '../src/codes/send.ts'
import { createKeyring } from '../src/keyring.ts'
import { keys } from '../src/redis/keys.ts'
import { createSendLedger } from '../src/codes/send-ledger.ts'

export const policy: CodePolicy = {
  length: 6,
  ttlSeconds: 300,
  sendWithinSeconds: 120,
  compares: 5,
  missesPerDay: 15,
  missesWithIdPerDay: 100,
  keepHistorySeconds: 86_400,
  sends: [
    { most: 1, seconds: 60 },
    { most: 5, seconds: 3_600 },
    { most: 10, seconds: 86_400 },
  ],
}

/** One random code key, whose id is `k1`, and a random key of phones. */
export const newKeys = () => ({ phoneKey: randomBytes(32), codeKeys: [{ kid: 'k1', key: randomBytes(32) }] })
export const newKeyring = () => createKeyring(newKeys())

/** Starts a Redis server and creates the code store and the send ledger on it. */
export async function startStore() {
  const server = await startRedis()
  const redis = new Redis(server.url)
  const keyring = newKeyring()
  const codes = createCodeStore(redis, keyring, () => policy)
  const ledger = createSendLedger(redis, keyring)

  return {
    server,
    redis,
    keyring,
    codes,
    ledger,

    /** Lets time pass: moves every stored time into the past, because the scripts use the clock of Redis. */
    async pass(seconds: number): Promise<void> {
      const held = await redis.keys('sms:*')
      await ageTimes(redis, held, seconds)
      for (const key of held)
        if (key === keys.budget || key.includes(':guard:')) await ageCounter(redis, key, seconds)
    },

    /** Opens the code of a send as a worker does. */
    async codeOf(issued: Issued): Promise<string> {
      if (issued.kind !== 'issued') throw new Error('nothing was issued')
      const { rid, scene } = issued.send
      const sealed = await redis.hget(keys.code(phoneOf(rid), scene), 'sealed')
      const message = sealedMessage.open(keyring, rid, sealed ?? '')
      if (message === null) throw new Error('the key ring does not open the message')
      return message.code
    },

    /** The key of the code record of a phone, for the scene `default`. */
    recordKey: (mobile: string): string => keys.code(keyring.pseudonym(mobile), 'default'),

    /** The names of all keys of a phone. Each of them contains the phone's pseudonym as hash tag. */
    keysOf: (mobile: string): Promise<string[]> => redis.keys(`*{${keyring.pseudonym(mobile)}}*`),

    /** How many sends count against the limits of this send's phone. */
    slotsOf: ({ rid }: Pick<Send, 'rid'>): Promise<number> => redis.zcard(keys.sends(phoneOf(rid))),

    async stop(): Promise<void> {
      redis.disconnect()
      await server.stop()
    },
  }
}

let next = 0
/** A number that no other test of the file uses. */
export const newMobile = () => `+86138${String(10_000_000 + ++next)}`

export function sendOf(issued: Issued) {
  if (issued.kind !== 'issued') throw new Error(`not issued but ${issued.kind}`)
  return issued.send
}

/** Starts `count` calls at once and waits for all answers. */
export const concurrently = async <T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => act(i)))

/** A code of six digits that differs from the given one. */
export const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
