/** `13800000001:123456:2026-12-31`: this number has this code until the end of that day (UTC), and is never sent anything. */
export const TEST_NUMBERS_PATTERN = '^(1[3-9][0-9]{9}:[0-9]{6,10}:[0-9]{4}-[0-9]{2}-[0-9]{2}(,(?!$)|$))*$'

export type TestNumber = { mobile: string; code: string; until: number }

export function parseTestNumbers(text: string): TestNumber[] {
  if (text === '') return []
  return text.split(',').map((entry) => {
    const [mobile = '', code = '', date = ''] = entry.split(':')
    return { mobile, code, until: Date.parse(`${date}T23:59:59Z`) }
  })
}

/**
 * Numbers for app reviewers and automatic tests. They go through every check and limit like any other;
 * only the code is a fixed one and no message leaves. After its date a number is like any other.
 */
export function createTestNumbers(numbers: readonly TestNumber[]) {
  const byMobile = new Map(numbers.map((number) => [number.mobile, number]))
  return {
    codeOf(mobile: string): string | undefined {
      const number = byMobile.get(mobile)
      return number !== undefined && Date.now() <= number.until ? number.code : undefined
    },
  }
}
export type TestNumbers = ReturnType<typeof createTestNumbers>
