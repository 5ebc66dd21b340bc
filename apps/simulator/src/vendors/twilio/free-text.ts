// What a person reads out of a free text: the first run of digits that can be a code, and the minutes if it names any.

export function readFreeText(text: string): { code: string; minutes: number } {
  const code = /(?<!\d)\d{4,10}(?!\d)/.exec(text)?.[0] ?? ''
  const minutes = /(\d{1,4})\s*(?:分钟|min)/i.exec(text)?.[1]
  return { code, minutes: Number(minutes ?? 0) }
}
