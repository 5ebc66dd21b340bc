import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { RequestStatus } from '@sms-codes/core/codes/request-status'
import { followSend } from '../src/follow-send.ts'
import { createTerminal } from '../src/terminal.ts'

test('a code that expires while the command waits for a delivery receipt was sent all the same', async () => {
  const output = new PassThrough()
  const { signal } = new AbortController()
  const terminal = createTerminal({ stdin: new PassThrough(), stdout: output, stderr: output, signal })
  const found: RequestStatus = {
    status: 'expired',
    channel: 'sms',
    sends: 1,
    reason: '',
    times: [{ state: 'sent', ms: 0 }],
  }
  await followSend(async () => found, { waitMs: 1_000, receiptMs: 200 }, terminal)
  expect(String(output.read())).toMatch(/sent +sms\nsent; no delivery receipt arrived in time\n$/)
})
