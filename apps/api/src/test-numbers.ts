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
