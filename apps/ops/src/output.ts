/** Formats rows of cells as lines in columns. The columns named in `right` are aligned to the right. */
export function table(head: readonly string[], rows: readonly string[][], right: string[] = []): string[] {
  const all = [[...head], ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    head
      .map((name, column) => {
        const [cell, width] = [row[column] ?? '', widths[column] ?? 0]
        return right.includes(name) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

const WIDTH = 100

/** Breaks a text into lines of at most 100 columns. The lines after the first are indented. */
export function wrap(text: string, indent: number): string[] {
  if (text.length <= WIDTH) return [text]
  const space = text.lastIndexOf(' ', WIDTH)
  const end = space <= indent ? WIDTH : space
  return [text.slice(0, end), ...wrap(' '.repeat(indent) + text.slice(end).trimStart(), indent)]
}

/** Formats seconds for people: `42 s`, `12 min`, `3 h`, `5 d`. Rounds up, because an operator waits this long. */
export function showSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`
  if (seconds < 7_200) return `${Math.ceil(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.ceil(seconds / 3_600)} h`
  return `${Math.ceil(seconds / 86_400)} d`
}

/** The time in UTC, as the logs have it. */
export const showTime = (ms: number): string => new Date(ms).toISOString()

/** A word of a vendor: without characters that control a screen, and without seven digits in a row, as a number has. */
export const showWord = (word: string): string =>
  word
    .slice(0, 64)
    .replaceAll(/[^\x21-\x7e]/g, '?')
    .replaceAll(/[0-9]{7,}/g, '*')

/** JSON for programs. A time is a text, because the milliseconds since 1970 begin like a phone number. */
export const toJson = (data: object): string =>
  JSON.stringify(data, (name, value: unknown) => {
    if (name === 'at' && typeof value === 'number') return showTime(value)
    return name === 'code' && typeof value === 'string' ? showWord(value) : value
  })
