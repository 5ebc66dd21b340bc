import { list } from './decoders.ts'

/** A number with a fixed code, which counts until the end of its last day (UTC, milliseconds since 1970). */
export type TestNumber = { mobile: string; code: string; until: number }

/** `13800000001:123456:2026-12-31`: number, code and last day; several by comma. */
export function parseTestNumbers(text: string): TestNumber[] {
  return list(text).map((entry) => {
    const [, mobile = '', code = '', day = ''] =
      /^(1[3-9][0-9]{9}):([0-9]{6,10}):([0-9]{4}-[0-9]{2}-[0-9]{2})$/.exec(entry) ?? []
    const until = Date.parse(`${day}T23:59:59Z`)
    if (Number.isNaN(until))
      throw new Error('must be a comma list of mobile:code:last-day, such as 13800000001:123456:2026-12-31')
    return { mobile, code, until }
  })
}
