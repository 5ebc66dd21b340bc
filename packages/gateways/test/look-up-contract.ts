// Owns the promises of every look-up: it resolves to a Found, reports a message as found only if the vendor's answer
// says so, and returns nothing of the user's data.
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Found, LookUp } from '../src/gateway.ts'
import { createTransport } from '../src/transport.ts'
import type { Transport } from '../src/transport.ts'
import { message, spellingsOf } from './message.ts'
import { answer, bytes, cut, deadPort, drip, finish, hang, reset, serve } from './servers.ts'
import type { Behaviour } from './servers.ts'

export type LookUpSetup = {
  create(baseUrl: string, transport: Transport): { lookUp: LookUp }
  /** The vendor's answer about a message that it took at `since`. */
  taken: string
  /** Answers after which the state of the message is unknown. */
  unknown: [string, string][]
  /** An answer about the message that repeats the request's values in every text field. */
  echo(text: string): string
}

/** 03:04:05 in China, so that no other day is near. */
export const since = new Date('2026-01-01T19:04:05.678Z')

export function lookUpContract(name: string, setup: LookUpSetup) {
  function connect(baseUrl: string, totalTimeoutMs = 5000) {
    const transport = createTransport({ totalTimeoutMs })
    onTestFinished(() => transport.close())
    const { lookUp } = setup.create(baseUrl, transport)
    return async (signal = new AbortController().signal) => clean(await lookUp(message, since, signal))
  }

  async function foundBy(behaviour: Behaviour, totalTimeoutMs?: number) {
    const server = await serve(behaviour)
    const found = await connect(server.url, totalTimeoutMs)()
    expect(server.requests).toHaveLength(1)
    return found
  }

  describe(`the look-up contract: ${name}`, () => {
    test('a message that the vendor has is taken', async () => {
      expect(await foundBy(answer(200, setup.taken))).toMatchObject({ found: 'taken' })
    })

    test.each(setup.unknown)('an answer leaves the message unknown: %s', async (_what, body) => {
      expect(await foundBy(answer(200, body))).toEqual({ found: 'unknown' })
    })

    const unreadable: [string, Behaviour][] = [
      ['401', answer(401)],
      ['429', answer(429)],
      ['500', answer(500)],
      ['a redirect', answer(302, setup.taken, { location: '/' })],
      ['400 with a body that says taken', answer(400, setup.taken)],
      ['500 with a body that says taken', answer(500, setup.taken)],
      ['a page of HTML', answer(200, '<html>Welcome</html>', { 'content-type': 'text/html' })],
      ['nothing', answer(200)],
      ['a bare null', answer(200, 'null')],
      ['JSON of another shape', answer(200, '[null, {"a": 1}]')],
      ['JSON that is cut', answer(200, setup.taken.slice(0, -2))],
      ['a body shorter than its Content-Length', cut(setup.taken)],
      ['random bytes', answer(200, Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
      ['a body that is too long', answer(200, setup.taken + ' '.repeat(1024 * 1024))],
      ['bytes that are not HTTP', bytes('hello\r\n\r\n')],
      ['a reset after reading', reset],
      ['a close after reading', finish],
    ]
    test.each(unreadable)('an unreadable answer leaves the message unknown: %s', async (_what, behaviour) => {
      expect(await foundBy(behaviour)).toEqual({ found: 'unknown' })
    })

    test.each([
      ['silence', hang],
      ['a slow drip', drip],
    ])('a timeout leaves the message unknown: %s', async (_what, behaviour) => {
      expect(await foundBy(behaviour, 3_000)).toEqual({ found: 'unknown' })
    })

    test('a refused connection leaves the message unknown', async () => {
      expect(await connect(`http://127.0.0.1:${await deadPort()}`)()).toEqual({ found: 'unknown' })
    })

    test('a look-up that is aborted before it starts makes no call', async () => {
      const server = await serve(answer(200, setup.taken))
      expect(await connect(server.url)(AbortSignal.abort())).toEqual({ found: 'unknown' })
      expect(server.wires).toHaveLength(0)
    })

    test('a look-up that is aborted during the call leaves the message unknown', async () => {
      const server = await serve(hang)
      const giveUp = new AbortController()
      const found = connect(server.url)(giveUp.signal)
      await server.firstRequest
      giveUp.abort()
      expect(await found).toEqual({ found: 'unknown' })
    })

    // `clean` checks every answer.
    test.each([200, 400, 500])('values that the vendor echoes are not returned: %i', async (status) => {
      const text = `${message.code} was not sent to ${message.mobile}`
      for (const echoed of [
        text,
        message.code,
        ...spellingsOf(message),
        `${message.mobile}^${message.code}`,
      ]) {
        expect(await foundBy(answer(status, setup.echo(echoed)))).toBeDefined()
      }
    })
  })
}

/** The answer, after the checks that all answers have to pass. */
function clean(found: Found): Found {
  expect(['taken', 'refused', 'unknown']).toContain(found.found)
  for (const spelling of spellingsOf(message)) expect(JSON.stringify(found)).not.toContain(spelling)
  expect(JSON.stringify(found)).not.toContain(message.code)
  return found
}
