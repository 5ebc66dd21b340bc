import { describe, expect, it } from 'vitest'
import { SendEvent } from '@sms-codes/core/queues/events'
import { SendJob } from '@sms-codes/core/queues/send-queue'
import { createDataMask, maskAnswer } from '../src/mask.ts'

const rid = 'Ab3_9xQw-zKp0LmN4tRs2v.Qm7Yd_k2LsXz-91a'

describe('maskAnswer', () => {
  it('masks numbers and codes in every string, however deep, and in names of fields', () => {
    const answer = { a: [{ b: 'code 987654 for 13912345678' }], '13912345678': { failedReason: '987654' } }
    expect(maskAnswer(answer)).toEqual({
      a: [{ b: 'code ****** for 139****5678' }],
      '139****5678': { failedReason: '******' },
    })
  })

  it('keeps times, counts and ids', () => {
    const answer = {
      id: `${rid}.1`,
      timestamp: 1_795_467_683_238,
      counts: { failed: 123_456 },
      delay: 600_000,
    }
    expect(maskAnswer(answer)).toEqual(answer)
  })

  it('masks digits inside words and spaced numbers in free fields, and keeps ids', () => {
    const id = 'Ab123456_9xQw-zKp0LmN4.Qm7Yd_k2LsXz-91aQm7Yd_.1'
    const text = 'SMS987654 for 139 1234 5678, 139-1234-5678 and 139 12345678'
    const masked = 'SMS****** for 139****5678, 139****5678 and 139****5678'
    expect(maskAnswer({ id, failedReason: text, stacktrace: [text], progress: { [text]: text } })).toEqual({
      id,
      failedReason: masked,
      stacktrace: [masked],
      progress: { [masked]: masked },
    })
    expect(maskAnswer([text])).toEqual([masked])
  })

  it.each([6, 7, 8, 9, 10])('masks codes of %i digits, alone, in words and as bare numbers', (length) => {
    const code = '9876543210'.slice(0, length)
    expect(maskAnswer({ name: `code ${code}` })).toEqual({ name: 'code ******' })
    const free = { failedReason: `SMS${code}x`, progress: Number(code), returnValue: [code, Number(code)] }
    const masked = { failedReason: 'SMS******x', progress: '******', returnValue: ['******', '******'] }
    expect(maskAnswer(free)).toEqual(masked)
    expect(maskAnswer([`SMS${code}x`])).toEqual(['SMS******x'])
    expect(maskData({ to: code, scene: `x ${code}` })).toEqual({ to: '******', scene: 'x ******' })
  })

  it.each([
    'number: ccp 160042',
    'late: ccp-backup 160038',
    'no_gateway: twilio 30008',
    'template: huawei E200028',
    'number: aliyun isv.MOBILE_NUMBER_ILLEGAL',
    'ambiguous: tencent HTTP_503',
    'undelivered: twilio',
    'late',
  ])('shows the reason "%s" of a failed send', (failedReason) => {
    expect(maskAnswer({ queues: [{ jobs: [{ failedReason }] }] })).toEqual({
      queues: [{ jobs: [{ failedReason }] }],
    })
  })

  it.each([4, 5, 6, 7, 8, 9, 10])('masks a verification code of %i digits in a failure', (length) => {
    const code = '9876543210'.slice(0, length)
    // A vendor code has at most six digits, and a gateway never answers with the verification code.
    const form = length > 6 ? ['number: ccp '] : []
    for (const before of [...form, 'ccp ', 'late: ccp 160038 ', '']) {
      expect(JSON.stringify(maskAnswer({ failedReason: before + code }))).not.toContain(code)
    }
  })

  it.each([
    ['late: ccp 160038 13912345678', 'late: ccp ****** 139****5678'],
    ['late: ccp 160038\nSMS160038', 'late: ccp ******\nSMS******'],
    ['number: 160038 160038', 'number: ****** ******'],
    ['number: sim987654 160038', 'number: sim****** 160038'],
    ['number: ccp 13912345678', 'number: ccp 139****5678'],
    ['160038', '******'],
  ])('masks all digits but a vendor code in the form of our failures: %j', (text, masked) => {
    expect(maskAnswer({ failedReason: text })).toEqual({ failedReason: masked })
  })

  it('masks the code of a vendor in every other field', () => {
    const text = 'late: ccp 160038'
    const masked = 'late: ccp ******'
    const answer = { name: text, progress: text, returnValue: { why: text }, stacktrace: [text] }
    expect(maskAnswer(answer)).toEqual({
      name: masked,
      progress: masked,
      returnValue: { why: masked },
      stacktrace: [masked],
    })
    expect(maskAnswer([text])).toEqual([masked])
  })

  it('masks bare numbers in fields that a processor fills', () => {
    expect(maskAnswer({ progress: 987_654, returnValue: { code: 13_912_345_678 } })).toEqual({
      progress: '******',
      returnValue: { code: '139****5678' },
    })
    expect(maskAnswer({ progress: 40, returnValue: null })).toEqual({ progress: 40, returnValue: null })
  })
})

const maskData = createDataMask(SendJob.properties)

describe('createDataMask', () => {
  it('shows a send job unchanged', () => {
    const job = { v: 1, rid, scene: 'login', n: 2, to: '139****5678' }
    expect(maskData(job)).toEqual(job)
  })

  it('shows an event unchanged', () => {
    const event = { request_id: rid, scene: 'login', send: 1, status: 'delivered' }
    expect(createDataMask(SendEvent.properties)(event)).toEqual(event)
    expect(maskData(event)).toMatchObject({ request_id: '[hidden]', send: '[hidden]' })
  })

  it('masks a bare number in a field of a job, and keeps a small one', () => {
    expect(maskData({ n: 13_912_345_678, v: 1 })).toEqual({ n: '139****5678', v: 1 })
  })

  it('hides a field with the name of a method', () => {
    expect(maskData({ constructor: '987654', toString: 'SMS987654' })).toEqual({
      constructor: '[hidden]',
      toString: '[hidden]',
    })
  })

  it('hides every other field of a job', () => {
    expect(maskData({ rid, code: 987_654, email: 'owner@example.com', to: '13912345678' })).toEqual({
      rid,
      code: '[hidden]',
      email: '[hidden]',
      to: '139****5678',
    })
    expect(maskData('987654')).toBe('[hidden]')
    expect(maskData(null)).toBe('[hidden]')
  })
})
