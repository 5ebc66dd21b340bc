import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lengthen, shorten } from '../../src/http/kept-answer.ts'

const PH = 'p'.repeat(22)
/** A body of a send, with anything in its place. */
const body = fc.oneof(
  fc.json(),
  fc
    .record({
      errmsg: fc.constantFrom('发送短信成功', 'The code is on its way'),
      id: fc.string(),
      n: fc.nat(),
    })
    .map(({ errmsg, id, n }) =>
      JSON.stringify({ code: '0', errmsg, request_id: `${PH}.${id}`, resend_after: n, expires_in: 300 }),
    ),
)

it('a shortened answer is read as the same answer, byte for byte', () => {
  const answer = fc.record({
    status: fc.constantFrom(200, 202, 400),
    retcode: fc.constantFrom('0', '4001'),
    body,
  })
  fc.assert(
    fc.property(answer, (kept) => {
      expect(lengthen(shorten(kept, PH), PH)).toEqual(kept)
    }),
  )
})
