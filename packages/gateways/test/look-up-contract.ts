// Owns what every look-up promises, whatever its vendor: it resolves to a Found, calls nothing found that the
// vendor did not plainly say, and lets nothing of the user's into its answer.
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Found, LookUp, SmsMessage } from '../src/gateway.ts'
import { createTransport } from '../src/transport.ts'
import type { Transport } from '../src/transport.ts'
import { answer, bytes, cut, deadPort, drip, finish, hang, reset, serve } from './servers.ts'
import type { Behaviour } from './servers.ts'

export type LookUpSetup = {
  create(baseUrl: string, transport: Transport): { lookUp: LookUp }
  /** What the vendor says of a message it took at `since`. */
  taken: string
  /** Answers by each of which nothing is known. */
  unknown: [string, string][]
  /** An answer about the message that repeats what it was sent in every text it has. */
  echo(text: string): string
}

export const message: SmsMessage = {
  id: '0f8fad5bd9cb469fa16570867728950e',
  mobile: '13900139000',
  code: '739146',
  minutes: 5,
  secondsLeft: 300,
  scene: 'login',
}
/** 03:04:05 in China: no other day is near. */
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
    test('a message the vendor has is taken', async () => {
      expect(await foundBy(answer(200, setup.taken))).toMatchObject({ found: 'taken' })
    })

    test.each(setup.unknown)('nothing is known: %s', async (_what, body) => {
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
      ['less than it said', cut(setup.taken)],
      ['random bytes', answer(200, Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
      ['a body far too long', answer(200, setup.taken + ' '.repeat(1024 * 1024))],
      ['bytes that are not HTTP', bytes('hello\r\n\r\n')],
      ['a reset after reading', reset],
      ['a close after reading', finish],
    ]
    test.each(unreadable)('an unreadable answer says nothing: %s', async (_what, behaviour) => {
      expect(await foundBy(behaviour)).toEqual({ found: 'unknown' })
    })

    test.each([
      ['silence', hang],
      ['a slow drip', drip],
    ])('nothing is known when time runs out: %s', async (_what, behaviour) => {
      expect(await foundBy(behaviour, 500)).toEqual({ found: 'unknown' })
    })

    test('nothing is known where nobody listens', async () => {
      expect(await connect(`http://127.0.0.1:${await deadPort()}`)()).toEqual({ found: 'unknown' })
    })

    test('one given up before it starts asks nothing', async () => {
      const server = await serve(answer(200, setup.taken))
      expect(await connect(server.url)(AbortSignal.abort())).toEqual({ found: 'unknown' })
      expect(server.wires).toHaveLength(0)
    })

    test('nothing is known when it is given up under way', async () => {
      const server = await serve(hang)
      const giveUp = new AbortController()
      const found = connect(server.url)(giveUp.signal)
      await server.firstRequest
      giveUp.abort()
      expect(await found).toEqual({ found: 'unknown' })
    })

    // The checks are in `clean`, which each of these goes through.
    test.each([200, 400, 500])('what the vendor echoes stays out of it: %i', async (status) => {
      const text = `${message.code} was not sent to ${message.mobile}`
      for (const echoed of [text, message.code, message.mobile, `${message.mobile}^${message.code}`]) {
        expect(await foundBy(answer(status, setup.echo(echoed)))).toBeDefined()
      }
    })
  })
}

/** The finding, after the checks that hold for all of them. */
function clean(found: Found): Found {
  expect(['taken', 'refused', 'unknown']).toContain(found.found)
  expect(JSON.stringify(found)).not.toContain(message.mobile)
  expect(JSON.stringify(found)).not.toContain(message.code)
  return found
}
