import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../src/logger.ts'
import { maskMobile, scrub } from '../src/mobile.ts'

const MOBILE = '13912345678'
const CODE = '987654'

/** The lines that `write` logs. */
function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  write(createLogger('test', 'debug', sink))
  return lines.join('')
}

describe('an error in the log', () => {
  it('shows its type, its message and its code', () => {
    const line = logged((log) =>
      log.error({ err: Object.assign(new TypeError('boom'), { code: 'EBOOM' }) }, 'bug'),
    )
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      app: 'test',
      msg: 'bug',
      err: { type: 'TypeError', message: 'boom', code: 'EBOOM' },
    })
  })

  it('shows neither a Redis command, nor its cause, nor any other field', () => {
    const err = Object.assign(new Error('ERR wrong', { cause: new Error(CODE) }), {
      command: { name: 'set', args: [`img_${CODE}`, MOBILE] },
      deep: { er: [CODE, MOBILE] },
    })
    const line = logged((log) => log.error({ err }, 'bug'))
    expect(line).not.toContain(CODE)
    expect(line).not.toContain(MOBILE)
  })

  it('shows no number and no verification code, wherever the error contains them', () => {
    const secret = fc.constantFrom(MOBILE, CODE)
    const nested = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        secret,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.record({ a: tie('node'), args: tie('node') }),
      ),
    })).node
    fc.assert(
      fc.property(secret, nested, nested, (text, cause, extra) => {
        const err = Object.assign(new Error(`x ${text}: y`, { cause }), { extra, command: extra })
        const line = logged((log) => log.warn({ err }, 'bug'))
        expect(line.includes(MOBILE) || line.includes(CODE)).toBe(false)
      }),
    )
  })
})

describe('masking', () => {
  it('hides numbers and codes in free text and leaves the rest readable', () => {
    expect(scrub(`to ${MOBILE}, code ${CODE}; 127.0.0.1:6379, store.ts:1234:5`)).toBe(
      'to 139****5678, code ******; 127.0.0.1:6379, store.ts:1234:5',
    )
    expect(scrub(`+86${MOBILE}`)).not.toContain(MOBILE)
    expect(scrub('139 1234 5678, 139-1234-5678, 139 12345678, +86 1391234 5678')).toBe(
      '139****5678, 139****5678, 139****5678, +86 139****5678',
    )
    expect(scrub(`{"code":"${CODE}"}`)).toBe('{"code":"******"}')
  })

  it.each([4, 5, 6, 7, 8, 9, 10])('hides codes of %i digits, also in an error that is logged', (length) => {
    const code = '9876543210'.slice(0, length)
    for (const text of [code, `code ${code}`, `{"code":"${code}"}`, `${code}.`, `(${code})`]) {
      expect(scrub(text)).toBe(text.replace(code, '******'))
      expect(logged((log) => log.error({ err: new Error(text) }, 'bug'))).not.toContain(code)
    }
    expect(scrub('in 300 ms, 2026-11-28, [::1]:6379')).toBe('in 300 ms, 2026-11-28, [::1]:6379')
  })

  it('shows the first three and the last four digits of a mainland number', () => {
    expect(maskMobile(`+86${MOBILE}`)).toBe('139****5678')
  })

  it.each([
    ['0085291234567', '00852****4567'],
    ['85291234567', '****4567'],
    ['4915123456789', '****6789'],
    ['1795909271012', '1795909271012'],
  ])('masks a number without its plus, and no time: %s', (text, masked) => {
    expect(scrub(`to ${text}, again`)).toBe(`to ${masked}, again`)
  })

  it.each([
    ['+85291234567', '+852****4567'],
    ['+14155552671', '+1****2671'],
    ['+6581234567', '+65****4567'],
    ['+79161234567', '+7****4567'],
  ])('shows the calling code and the last four digits of %s', (mobile, masked) => {
    expect(maskMobile(mobile)).toBe(masked)
    for (const text of [
      mobile,
      mobile.replace(/[0-9]{4}$/, ' $&'),
      `${mobile.slice(0, 6)}-${mobile.slice(6)}`,
    ])
      expect(scrub(`to ${text}, again`)).toBe(`to ${masked}, again`)
    expect(scrub(`/v1/contacts/${encodeURIComponent(mobile)}`)).toBe(
      `/v1/contacts/${masked.replace('+', '%2B')}`,
    )
  })
})
