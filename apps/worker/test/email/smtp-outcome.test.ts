import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { smtpOutcome } from '../../src/email/smtp-outcome.ts'

const fault = (fields: object) => Object.assign(new Error('550 owner@example.com is unknown here'), fields)

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
    [{ code: 'ESOCKET', originalCode: 'ECONNRESET' }, 'ambiguous', 'ESOCKET'],
    [{ code: 'EDNS' }, 'switch_now', 'EDNS'],
    [{ code: 'ETIMEDOUT' }, 'ambiguous', 'ETIMEDOUT'],
    [{ code: 'ESOCKET', originalCode: 'ERR_SSL_BAD_RECORD_TYPE' }, 'ambiguous', 'ESOCKET'],
    [{ code: 'ECONNECTION', responseCode: 554 }, 'template', 'ECONNECTION_554'],
    [{ code: 'ECONNECTION' }, 'ambiguous', 'ECONNECTION'],
    [{ code: 'EABORT' }, 'ambiguous', 'EABORT'],
  ])('%j after the content began has the class %s', (fields, expectedClass, code) => {
    expect(smtpOutcome(fault(fields))).toEqual({ class: expectedClass, code })
  })

  it.each([
    [{ code: 'ESOCKET', originalCode: 'ECONNREFUSED' }, 'switch_now', 'ESOCKET'],
    [{ code: 'ESOCKET', originalCode: 'ECONNRESET' }, 'switch_now', 'ESOCKET'],
    [{ code: 'ESOCKET', originalCode: 'ERR_STREAM_DESTROYED' }, 'switch_now', 'ESOCKET'],
    [{ code: 'ETIMEDOUT', timeoutType: 'GREETING_TIMEOUT' }, 'switch_now', 'ETIMEDOUT'],
    [{ code: 'ETIMEDOUT', timeoutType: 'SOCKET_TIMEOUT' }, 'switch_now', 'ETIMEDOUT'],
    [{ code: 'ECONNECTION' }, 'switch_now', 'ECONNECTION'],
    [{ code: 'EABORT' }, 'switch_now', 'EABORT'],
    [{ code: 'EPROTOCOL', responseCode: 554 }, 'config', 'EPROTOCOL_554'],
    [{ code: 'EAUTH', responseCode: 454 }, 'retry_same', 'EAUTH_454'],
    [{ code: 'EENVELOPE', responseCode: 550, command: 'MAIL FROM' }, 'config', 'EENVELOPE_550'],
    [{ code: 'ESOCKET', originalCode: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'config', 'SELF_SIGNED_CERT_IN_CHAIN'],
    [
      { code: 'ESOCKET', originalCode: 'ERR_SSL_WRONG_VERSION_NUMBER' },
      'config',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
  ])('%j before the content has the class %s', (fields, expectedClass, code) => {
    expect(smtpOutcome(fault(fields), false)).toEqual({ class: expectedClass, code })
  })

  it('of any kind has a class other than accepted or duplicate, and repeats no text of the server', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.dictionary(fc.string(), fc.anything()).map(fault)),
        fc.boolean(),
        (err, mayHaveLeft) => {
          const outcome = smtpOutcome(err, mayHaveLeft)
          expect(outcomeClasses).toContain(outcome.class)
          expect(['accepted', 'duplicate']).not.toContain(outcome.class)
          expect(outcome.code).toMatch(/^[A-Z0-9_]{1,62}$/)
        },
      ),
    )
  })
})
