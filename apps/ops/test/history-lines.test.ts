import { expect, test } from 'vitest'
import type { PastRequest } from '@sms-codes/core/history/history'
import { showEvents, showRequests } from '../src/history-lines.ts'
import { showWord } from '../src/output.ts'

const AT = Date.parse('2026-11-26T19:03:29.364Z')
const ID = 'b25cJrhUu9dq8z5lvjZpTw.AAAAAAAAAAAAAAAAAAAAAA'

const sent: PastRequest = {
  requestId: ID,
  rid: ID,
  n: 1,
  scene: 'login',
  at: AT,
  events: [
    {
      kind: 'call',
      at: AT + 22,
      tookMs: 5_000,
      channel: 'sms',
      gateway: 'ccp',
      class: 'switch_now',
      code: 'HTTP_503',
      times: 3,
    },
    {
      kind: 'call',
      at: AT + 12_345,
      tookMs: 14,
      channel: 'sms',
      gateway: 'aliyun',
      class: 'accepted',
      code: 'OK',
      times: 1,
    },
    { kind: 'status', at: AT + 12_360, status: 'sent', code: '', times: 1 },
    { kind: 'status', at: AT + 13_000, status: 'undelivered', code: 'MK:0001', times: 1 },
  ],
}
const refused: PastRequest = {
  requestId: '',
  rid: '',
  n: 0,
  scene: 'default',
  at: AT - 1_000,
  events: [{ kind: 'status', at: AT - 1_000, status: 'refused', code: 'phone_limit', times: 4 }],
}

test('each request is a line, and its events are aligned below it', () => {
  expect(showRequests([sent, refused])).toEqual([
    '    after  event        channel  gateway  code            took  times',
    `2026-11-26T19:03:29.364Z  login  not used  ${ID}`,
    '   +22 ms  switch_now   sms      ccp      HTTP_503     5000 ms      3',
    '  +12.3 s  accepted     sms      aliyun   OK             14 ms      1',
    '  +12.4 s  sent',
    '  +13.0 s  undelivered                    MK:0001',
    '2026-11-26T19:03:28.364Z  default',
    '    +0 ms  refused                        phone_limit               4',
  ])
})

test('the events of one request have their time and fit 100 columns', () => {
  const lines = showEvents(sent)
  expect(lines[1]).toBe(
    '2026-11-26T19:03:29.386Z   +22 ms  switch_now   sms      ccp      HTTP_503  5000 ms      3',
  )
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
})

test.for(['taken', 'refused', 'unknown'])('the answer %s to a look-up is shown as one', (cls) => {
  const asked = { kind: 'call', at: AT, tookMs: 9, channel: 'sms', gateway: 'aliyun', times: 1 } as const
  const [, line = ''] = showEvents({ ...sent, events: [{ ...asked, class: cls, code: '' }] })
  expect(line).toMatch(new RegExp(`\\+0 ms  look-up: ${cls} +sms +aliyun `))
})

test.for([
  ['\u001B[2J\u009B31m', '?[2J?31m'],
  ['line\nbreak\ttab', 'line?break?tab'],
  ['\u202Eevil', '?evil'],
  ['13800138000', '*'],
  ['+8613800138000x', '+*x'],
  ['160042', '160042'],
  ['x'.repeat(500), 'x'.repeat(64)],
])('the vendor word %j is shown as %j', ([word = '', shown]) => {
  expect(showWord(word)).toBe(shown)
})
