// Owns the promises of every gateway: each send resolves to one Outcome of a known class, only certain facts are
// reported as certain, no state is kept, and the Outcome contains nothing of the user's data.
import { describe, expect, test, onTestFinished } from 'vitest'
import { outcomeClasses } from '../src/gateway.ts'
import type { Outcome, OutcomeClass, SmsGateway, SmsMessage } from '../src/gateway.ts'
import { createTransport } from '../src/transport.ts'
import type { Transport } from '../src/transport.ts'
import { foreignMessage, message as domesticMessage, spellingsOf } from './message.ts'
import { answer, bytes, cut, deadPort, drip, finish, hang, http, reset, serve } from './servers.ts'
import type { Behaviour } from './servers.ts'

export type GatewaySetup = {
  /** Makes a gateway with a fixed clock, so that a repeated message has the same bytes. */
  create(baseUrl: string, transport: Transport): SmsGateway
  accepted: { status: number; body: string; messageId: string }
  /** Whether a 2xx is an acceptance with any body. */
  statusSuffices?: boolean
  refusals: { status: number; body: string; class: OutcomeClass; code: string }[]
  /** A possible answer of the vendor that repeats the request's values in every text field. */
  echo(text: string): string
  mainlandOnly?: boolean
}

/** The outcome, after the checks that all outcomes have to pass. */
function clean(outcome: Outcome, message: SmsMessage): Outcome {
  expect(outcomeClasses).toContain(outcome.class)
  expect(outcome.code).toMatch(/^[\w.-]{1,64}$/)
  for (const spelling of spellingsOf(message)) expect(JSON.stringify(outcome)).not.toContain(spelling)
  expect(JSON.stringify(outcome)).not.toContain(message.code)
  return outcome
}

export function gatewayContract(name: string, setup: GatewaySetup) {
  const { accepted, statusSuffices = false, mainlandOnly = false } = setup

  function connect(baseUrl: string, totalTimeoutMs = 5000, message = domesticMessage) {
    const transport = createTransport({ totalTimeoutMs })
    onTestFinished(() => transport.close())
    const gateway = setup.create(baseUrl, transport)
    return async (signal = new AbortController().signal) =>
      clean(await gateway.send(message, signal), message)
  }

  async function outcomeOf(behaviour: Behaviour, totalTimeoutMs?: number, message?: SmsMessage) {
    const server = await serve(behaviour)
    const outcome = await connect(server.url, totalTimeoutMs, message)()
    expect(server.requests).toHaveLength(1)
    return outcome
  }

  describe(`the gateway contract: ${name}`, () => {
    test("a message that the vendor takes is accepted, with the vendor's id", async () => {
      const outcome = await outcomeOf(answer(accepted.status, accepted.body))
      expect(outcome).toMatchObject({ class: 'accepted', messageId: accepted.messageId })
    })

    test.each(setup.refusals)('a refusal keeps its code and class: $code', async (refusal) => {
      const outcome = await outcomeOf(answer(refusal.status, refusal.body))
      expect(outcome).toEqual({ class: refusal.class, code: refusal.code })
    })

    const unreadable: [string, Behaviour][] = [
      ['a page of HTML', answer(200, '<html>Welcome</html>', { 'content-type': 'text/html' })],
      ['nothing', answer(200)],
      ['truncated JSON', answer(accepted.status, accepted.body.slice(0, -2))],
      ['JSON of another shape', answer(200, '[null, {"a": 1}]')],
      ['a bare null', answer(200, 'null')],
      ['random bytes', answer(200, Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
    ]
    test.each(unreadable)(`a 2xx without a readable body: %s`, async (_what, behaviour) => {
      const outcome = await outcomeOf(behaviour)
      expect(outcome.class).toBe(statusSuffices ? 'accepted' : 'ambiguous')
      expect(outcome.messageId).toBeUndefined()
    })

    const unsure: [string, Behaviour][] = [
      ['500', answer(500)],
      ['502 with a page of HTML', answer(502, '<html>Bad Gateway</html>')],
      ['408', answer(408)],
      ['200 with a body shorter than its Content-Length', cut(accepted.body)],
      ['200 with a body that is too long', answer(200, accepted.body + ' '.repeat(1024 * 1024))],
      ['500 with a body that says accepted', answer(500, accepted.body)],
      ['bytes that are not HTTP', bytes('hello\r\n\r\n')],
      ['a reset after reading', reset],
      ['a close after reading', finish],
    ]
    test.each(unsure)('a message may have been taken: %s', async (_what, behaviour) => {
      expect(await outcomeOf(behaviour)).toMatchObject({ class: 'ambiguous' })
    })

    test.each([
      ['silence', hang],
      ['a slow drip', drip],
    ])('a message may have been taken after a timeout: %s', async (_what, behaviour) => {
      expect(await outcomeOf(behaviour, 3_000)).toEqual({ class: 'ambiguous', code: 'TOTAL_DEADLINE' })
    })

    test.each([301, 302, 307, 308])('a redirect is not followed: %i', async (status) => {
      const target = await serve(answer(accepted.status, accepted.body))
      const outcome = await outcomeOf(answer(status, '', { location: `${target.url}/` }))
      expect(outcome).toEqual({ class: 'config', code: `HTTP_${status}` })
      expect(target.wires).toHaveLength(0)
    })

    test.each([401, 403, 404, 405, 415])('a fault of our own is config: %i', async (status) => {
      expect(await outcomeOf(answer(status))).toEqual({ class: 'config', code: `HTTP_${status}` })
    })

    test('a 429 is retried at the same gateway after the wait that it asks for', async () => {
      const outcome = await outcomeOf(answer(429, '', { 'retry-after': '7' }))
      expect(outcome).toEqual({ class: 'retry_same', code: 'HTTP_429', retryAfterMs: 7000 })
    })

    test('a refused connection sends the message to the next gateway', async () => {
      const outcome = await connect(`http://127.0.0.1:${await deadPort()}`)()
      expect(outcome).toEqual({ class: 'switch_now', code: 'ECONNREFUSED' })
    })

    test('a send that is aborted before it starts makes no call', async () => {
      const server = await serve(answer(accepted.status, accepted.body))
      expect(await connect(server.url)(AbortSignal.abort())).toEqual({ class: 'switch_now', code: 'ABORTED' })
      expect(server.wires).toHaveLength(0)
    })

    test('a send that is aborted after it was read may have been taken', async () => {
      const server = await serve(hang)
      const giveUp = new AbortController()
      const outcome = connect(server.url)(giveUp.signal)
      await server.firstRequest
      giveUp.abort()
      expect(await outcome).toEqual({ class: 'ambiguous', code: 'ABORTED' })
    })

    test('no state is kept: after any failure a repeat has the same bytes', async () => {
      const script = [http(500), http(502, '<html>'), http(accepted.status, accepted.body)]
      const server = await serve((socket) => {
        socket.write(script[server.requests.length - 1] ?? http(accepted.status, accepted.body))
      })
      const send = connect(server.url)
      const classes: string[] = []
      for (let i = 0; i < 4; i++) classes.push((await send()).class)
      expect(classes).toEqual(['ambiguous', 'ambiguous', 'accepted', 'accepted'])
      expect(new Set(server.requests).size).toBe(1)
    })

    test('concurrent sends do not affect each other', async () => {
      const server = await serve(answer(accepted.status, accepted.body))
      const send = connect(server.url)
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => send()))
      expect(outcomes.every((outcome) => outcome.class === 'accepted')).toBe(true)
      expect(server.requests).toHaveLength(20)
    })

    const abroad = mainlandOnly ? [] : [foreignMessage]
    const messages = [domesticMessage, ...abroad]
    const echoes = [200, 400, 429, 500].flatMap((status) => messages.map((message) => ({ status, message })))
    // `clean` checks every outcome.
    test.each(echoes)(
      'values that the vendor echoes are not in the outcome: $status, $message.country',
      async ({ status, message }) => {
        const text = `${message.code} was not sent to ${message.mobile}`
        for (const echoed of [text, message.code, ...spellingsOf(message)]) {
          const echo = answer(status, setup.echo(echoed), { 'retry-after': text })
          expect(await outcomeOf(echo, undefined, message)).toBeDefined()
        }
      },
    )

    test.each(abroad)('a message to a foreign number is accepted: $country', async (message) => {
      const outcome = await outcomeOf(answer(accepted.status, accepted.body), undefined, message)
      expect(outcome).toMatchObject({ class: 'accepted', messageId: accepted.messageId })
    })
  })
}
