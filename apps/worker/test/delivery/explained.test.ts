import { expect, it } from 'vitest'
import { CAUSES } from '@sms-codes/core/history/explain-causes'
import { ENDS } from '@sms-codes/core/history/explain-texts'
import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { FAIL_REASONS } from '@sms-codes/core/history/failures'
import { SKIP_REASONS } from '../../src/gateways/skipping-gateway.ts'

it('the history explains each reason of a failure, each outcome class and each skipped call', () => {
  for (const reason of FAIL_REASONS) expect(Object.keys(ENDS)).toContain(reason)
  const causes = [...Object.keys(CAUSES), ...Object.keys(ENDS)]
  const refusals = outcomeClasses.filter((cls) => cls !== 'accepted')
  expect(causes).toEqual(expect.arrayContaining(refusals))
  for (const reason of SKIP_REASONS) expect(Object.keys(CAUSES)).toContain(reason)
})
