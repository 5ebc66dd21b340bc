import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { createRandom, type Random } from '@sms-codes/bench/abuse/random'
import type { Answer, Send } from './accounting.ts'
import type { Arrival } from './inbox.ts'
import { createUserClient, type Reply, type UserClient } from './user-client.ts'

export type LoadOptions = {
  apiUrls: () => readonly string[]
  /** Reads the text of a picture; null if it is gone or Redis does not answer. */
  readPicture: (uuid: string) => Promise<string | null>
  scene: string
  /** The API key with which every user's back end first stores a mailbox; null for no mailbox. */
  contactKey: string | null
  /** The address that all users share; null for one address each. */
  office: string | null
  sendWithinSeconds: number
  perSecond: number
  seed: number
}
export type Load = ReturnType<typeof startLoad>

const VERIFY_TRIES = 20
const MAIL_HOST = 'mail.example'

/** Starts users at a steady rate. Each has a phone, a picture and an address, and verifies the code that arrives. */
export function startLoad(options: LoadOptions) {
  const sends = new Map<string, Send>()
  /** The users who ask for a code or wait for their message. A user whose wait ends without a message gets null. */
  const waiting = new Map<string, (code: string | null) => void>()
  const stopped = new AbortController()
  const users: Promise<void>[] = []
  const firstNumber = createRandom(options.seed, 'numbers').below(100_000_000)

  async function run(): Promise<void> {
    const startedAt = Date.now()
    for (let i = 0; !stopped.signal.aborted; i++) {
      const dueIn = startedAt + (i * 1_000) / options.perSecond - Date.now()
      if (dueIn > 0) await sleep(dueIn)
      const address = options.office ?? addressOf(i)
      users.push(user(mobileOf(firstNumber, i), address, createRandom(options.seed, `user ${i}`)))
    }
  }

  async function user(mobile: string, address: string, random: Random): Promise<void> {
    const ask = createUserClient(address, () => random.shuffled(options.apiUrls()))
    const send = newSend(mobile)
    sends.set(mobile, send)
    const arrival = new Promise<string | null>((resolve) => waiting.set(mobile, resolve))
    if (options.contactKey !== null) await storeMailbox(ask, mobile, options.contactKey)
    Object.assign(send, await requestCode(ask, mobile, options))
    send.answeredAt = Date.now()
    send.sendBy = send.answeredAt + options.sendWithinSeconds * 1_000
    if (send.answer !== 'accepted') {
      waiting.delete(mobile)
      return
    }
    const code = await arrival
    if (code === null) return
    await sleep(300 + random.below(1_000))
    send.verified = await verify(ask, { mobile, code, scene: options.scene, request_id: send.requestId })
  }

  const running = run()
  return {
    sends: () => [...sends.values()],
    /** The accepted sends without a message. */
    pending: () =>
      [...sends.values()].filter((send) => send.answer === 'accepted' && waiting.has(send.mobile)),
    onArrival({ to, code, at, channel }: Arrival): void {
      const [mobile = ''] = to.split('@')
      sends.get(mobile)?.messages.push({ at, channel })
      waiting.get(mobile)?.(code)
      waiting.delete(mobile)
    },
    giveUp(send: Send): void {
      waiting.get(send.mobile)?.(null)
      waiting.delete(send.mobile)
    },
    /** Starts no more users, and waits until every request for a code is answered. */
    async stop(): Promise<void> {
      stopped.abort()
      await running
      const isAsking = ({ answer, mobile }: Send) => answer !== 'accepted' && waiting.has(mobile)
      while ([...sends.values()].some(isAsking)) await sleep(100)
    },
    /** Resolves when every user has ended. */
    async ended(): Promise<void> {
      await Promise.all(users)
    },
  }
}

/** 10,007 is prime to the number of phones, so each user has another phone in another segment. */
const mobileOf = (first: number, i: number) =>
  `137${String((first + i * 10_007) % 100_000_000).padStart(8, '0')}`
/** Each user is in another subnet. */
const addressOf = (i: number) => `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`

function newSend(mobile: string): Send {
  const now = Date.now()
  const none = { answer: 'unanswered', detail: '', requestId: '', status: '', verified: 'not_tried' } as const
  return { ...none, mobile, askedAt: now, answeredAt: now, sendBy: now, messages: [] }
}

async function storeMailbox(ask: UserClient, mobile: string, key: string): Promise<void> {
  const contact = { email: `${mobile}@${MAIL_HOST}`, verified_at: new Date().toISOString() }
  const headers = { authorization: `Bearer ${key}` }
  await ask(`/v1/contacts/${mobile}`, { method: 'PUT', body: contact, headers })
}

type Asked = Pick<Send, 'answer' | 'detail' | 'requestId'>

async function requestCode(
  ask: UserClient,
  mobile: string,
  { scene, readPicture }: LoadOptions,
): Promise<Asked> {
  const uuid = randomUUID()
  const picture = await ask(`/image_codes/${uuid}/`)
  if (picture.status !== 200) return askedOf(picture, 200)
  const image_code = await readPicture(uuid)
  if (image_code === null) return { answer: 'unanswered', detail: '', requestId: '' }
  return askedOf(await ask('/v1/sms_codes', { body: { mobile, image_code, uuid, scene } }), 202)
}

function askedOf({ status, body }: Reply, success: number): Asked {
  const isLimit = status === 429 || body['challenge'] !== undefined
  const known: Record<number, Answer> = { 0: 'unanswered', 503: 'unavailable', [success]: 'accepted' }
  const answer = isLimit ? 'limited' : (known[status] ?? 'unexpected')
  const detail = answer === 'accepted' ? '' : `${status} ${String(body['code'])} ${String(body['errmsg'])}`
  return { answer, detail, requestId: String(body['request_id']) }
}

/** Tries again, as a user does, until the API says yes or no. */
async function verify(
  ask: UserClient,
  { code, ...named }: { mobile: string; code: string; scene: string; request_id: string },
): Promise<Send['verified']> {
  const headers = { 'idempotency-key': randomUUID() }
  for (let tries = 0; tries < VERIFY_TRIES; tries++) {
    const { status, body } = await ask('/v1/sms_codes/verify', {
      body: { ...named, sms_code: code },
      headers,
    })
    if (status === 200) return 'yes'
    // An attempt without a clear answer may have used the code.
    if (body['code'] === '4008') return tries === 0 ? 'false_no' : 'unclear'
    // 409: the first attempt with this idempotency key has not ended.
    if (![0, 409, 503].includes(status)) return 'unexpected'
    await sleep(1_000)
  }
  return 'unanswered'
}
