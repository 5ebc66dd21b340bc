import type { Policy } from '@sms-codes/core/config/policy-schema'

/**
 * Numbers for app reviewers and automatic tests. They pass the same checks and limits as any other number, but
 * their code is fixed and no message is sent. After its last day a test number is a normal number.
 */
export function createTestNumbers(numbers: Policy['test_numbers']['numbers']) {
  const byMobile = new Map(numbers.map((number) => [number.mobile, number]))
  return {
    codeOf(mobile: string): string | undefined {
      const number = byMobile.get(mobile)
      return number !== undefined && Date.now() <= number.until ? number.code : undefined
    },
  }
}
