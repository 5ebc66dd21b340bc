import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { smtpOutcome } from '../../src/email/smtp-outcome.ts'

const fault = (fields: object) => Object.assign(new Error('550 nobody@example.com is unknown here'), fields)

describe('a fault of the mail server', () => {
  it.each([
    [{ code: 'EAUTH', responseCode: 535, permanent: true }, 'config', 'EAUTH_535'],
    [{ code: 'ENOAUTH' }, 'config', 'ENOAUTH'],
    [{ code: 'EOAUTH2' }, 'config', 'EOAUTH2'],
    [{ code: 'ETLS' }, 'config', 'ETLS'],
    [{ code: 'EOTP' }, 'config', 'EOTP'],
    [{ code: 'EENVELOPE', responseCode: 550 }, 'number', 'EENVELOPE_550'],
    [{ code: 'EENVELOPE', responseCode: 451 }, 'retry_same', 'EENVELOPE_451'],
    [{ code: 'EENVELOPE', responseCode: 503 }, 'retry_same', 'EENVELOPE_503'],
    [{ code: 'EMESSAGE', responseCode: 554 }, 'template', 'EMESSAGE_554'],
    [{ code: 'EMESSAGE', responseCode: 452 }, 'retry_same', 'EMESSAGE_452'],
    [{ code: 'ECONNECTION', responseCode: 421 }, 'retry_same', 'ECONNECTION_421'],
    [{ code: 'ESOCKET', originalCode: 'ECONNREFUSED' }, 'switch_now', 'ESOCKET'],
    [{ code: 'ESOCKET', originalCode: 'ECONNRESET' }, 'ambiguous', 'ESOCKET'],
    [{ code: 'EDNS' }, 'switch_now', 'EDNS'],
    [{ code: 'ETIMEDOUT', timeoutType: 'GREETING_TIMEOUT' }, 'switch_now', 'ETIMEDOUT'],
    [{ code: 'ETIMEDOUT', timeoutType: 'CONNECT_TIMEOUT' }, 'switch_now', 'ETIMEDOUT'],
    [{ code: 'ETIMEDOUT', timeoutType: 'SOCKET_TIMEOUT' }, 'ambiguous', 'ETIMEDOUT'],
    [{ code: 'ECONNECTION' }, 'ambiguous', 'ECONNECTION'],
    [{ code: 'EABORT' }, 'ambiguous', 'EABORT'],
  ])('%j', (fields, cls, code) => {
    expect(smtpOutcome(fault(fields))).toEqual({ class: cls, code })
  })

  it('of any kind has a class, is never taken for sent, and never repeats what the server said', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(fc.string(), fc.anything()).map(fault)), (err) => {
        const outcome = smtpOutcome(err)
        expect(outcomeClasses).toContain(outcome.class)
        expect(['accepted', 'duplicate']).not.toContain(outcome.class)
        expect(outcome.code).toMatch(/^[A-Z0-9_]{1,30}$/)
      }),
    )
  })
})
