import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { createFailureList } from '@sms-codes/core/history/failures'
import { createLogger } from '@sms-codes/core/logger'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { aMobile, expectFailure, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps({ POLICY_FILE: policyFile({ history_hours: 0 }) })
})
afterAll(() => ops.stop())

test('with history_hours: 0 each command says that the history is off', async () => {
  const mobile = aMobile()
  const issued = await ops.codes.issue(mobile, 'default')
  if (issued.kind !== 'issued') throw new Error('not issued')
  const listFailure = createFailureList(ops.redis, 0, createLogger('test', 'silent'))
  const ledger = createSendLedger(ops.redis, ops.keyring, () => {}, listFailure)
  await ledger.settleUnclaimed(issued.send, { status: 'failed', reason: 'number' })

  const shown = await ops.run(['phone', mobile])
  expect(shown.stdout).toMatch(/^default +failed/m)
  expect(shown.stdout).toContain('requests: the history is off (history_hours: 0)\n')
  const lost = await ops.run(['request', issued.requestId])
  expectFailure(lost, /the history is off \(history_hours: 0\)/)
  expect(lost.stderr).toContain('status failed, channel sms, reason number')
  expectFailure(await ops.run(['failures']), /the history is off \(history_hours: 0\)/)
})
