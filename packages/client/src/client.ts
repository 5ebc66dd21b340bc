import { createCalls, refusal } from './calls.ts'
import { createClock } from './clock.ts'
import { createCodes, type SendRequest, type VerifyRequest } from './codes.ts'
import { createCountdown } from './countdown.ts'
import { randomId } from './hex.ts'
import { normaliseCode, normaliseMobile, type Typed } from './normalise.ts'
import { solveProof } from './proof.ts'
import { createMemory, tabStorage, type TabStorage } from './remembered.ts'
import { getScene } from './scene.ts'
import type { LastSend, Proof, Refusal, RequestStatus, Scene, Sent, Verified } from './results.ts'

export type { SendRequest, Typed, VerifyRequest }
export type * from './results.ts'

export type Options = {
  /** The address of the API, such as `https://codes.example.com`, or a path of the page's own site, such as `/codes`. */
  baseUrl: string
  /** The purpose of the codes. Default: `default`. */
  scene?: string | undefined
  /** The language of the texts in refusals, or a function that returns it. Default: that of the browser. */
  language?: 'zh' | 'en' | (() => 'zh' | 'en') | undefined
  /**
   * The language of the messages, such as `en`, or a function that returns it. Default: the scene and the country of the
   * number decide.
   */
  locale?: string | (() => string | undefined) | undefined
  /** Clients of one scene share what survives a reload, unless they have different names. Default: ''. */
  name?: string | undefined
  /** Where the last send survives a reload. Default: `sessionStorage` of the tab. `null`: nowhere. */
  storage?: TabStorage | null | undefined
  /** Default: the `fetch` of the page. */
  fetch?: typeof fetch | undefined
  /** How long one attempt of a call may take, in milliseconds. Default: 15 000. */
  timeoutMs?: number | undefined
}

/**
 * A client of one scene of the API. Every promise resolves: a refusal and a lost connection are results (`ok: false`). So is
 * an error of the page, such as an `onStep` that throws: its reason is `invalid`, and the console shows it.
 */
export type SmsCodes = {
  /** What a page must know about the scene. */
  scene: () => Promise<Scene | Refusal>
  /** The address of another picture. The next send with `imageCode` answers this picture. */
  imageUrl: () => string
  /**
   * Sends a code. A send needs an `imageCode` or a `proof`, as the scene accepts. Both can be tried again after the reasons
   * `mobile` and `unreachable`, and after `unavailable` with `retryAfter`. After other refusals they are spent.
   */
  send: (request: SendRequest) => Promise<Sent | Refusal>
  /** Verifies a code. Without `mobile` it is the code of the last send. */
  verify: (request: VerifyRequest) => Promise<Verified | Refusal>
  /** The status of the last send. If the send does not count (`counts`), the countdown ends: another message is permitted. */
  status: () => Promise<RequestStatus | Refusal>
  /**
   * The last send of this tab, or null after its code has been verified. It survives a reload until its code has expired.
   * Without a send it is the last number that was throttled, until its wait is over; `requestId` is '' then.
   */
  last: () => LastSend | null
  /**
   * Calls `onTick` at once and then each second with the seconds until the next send, down to 0; again after each later
   * send or verify of a client in the page. `mobile` is the number that waits: that of the last send, or of the last refusal
   * with the reason `throttled`. It survives a reload.
   * @returns a function that ends the calls
   */
  countdown: (onTick: (secondsLeft: number, mobile: string) => void) => () => void
  /**
   * Gets a challenge and computes its proof, in about a second, without a picture. Outside HTTPS and localhost browsers
   * cannot compute it: `reason` is `invalid` then, and `code` is `needs_https`.
   * @param onStep is called after each step of the work; there are at most 500, and 250 on average
   */
  solveProof: (onStep?: (step: number) => void) => Promise<Proof | Refusal>
  normaliseMobile: (typed: string) => string
  normaliseCode: (typed: string) => string
}

/** Makes a method that always resolves. */
const resolving =
  <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result | Refusal>) =>
  async (...args: Args): Promise<Result | Refusal> => {
    try {
      return await method(...args)
    } catch (err) {
      console.error(err)
      return refusal('invalid')
    }
  }

/** Makes a function of an option that is a value or a function already. */
const reader =
  <T extends string | undefined>(option: T | (() => T)) =>
  (): T =>
    typeof option === 'function' ? option() : option

/** Creates a client of one scene. */
export function createSmsCodes(options: Options): SmsCodes {
  const {
    scene = 'default',
    name = '',
    language,
    locale,
    storage = tabStorage(),
    timeoutMs = 15_000,
  } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const now = createClock()
  const call = createCalls({ baseUrl, language: reader(language), timeoutMs, fetch: options.fetch, now })
  const memory = createMemory(`sms-codes ${baseUrl} ${scene} ${name}`, storage, now)
  const codes = createCodes({ call, memory, now, scene, locale: reader(locale) })
  let uuid = randomId()

  return {
    scene: resolving(() => getScene(call, scene)),

    imageUrl() {
      uuid = randomId()
      return `${baseUrl}/image_codes/${uuid}/`
    },

    send: resolving((request) => codes.send(request, uuid)),
    verify: resolving(codes.verify),
    status: resolving(codes.status),

    last() {
      const { wait: _wait, ...last } = memory.get()
      return last.expiresAt > 0 ? last : null
    },

    countdown: createCountdown(memory, now),

    solveProof: resolving((onStep) => solveProof(call, onStep)),

    normaliseMobile,
    normaliseCode,
  }
}
