/** One line of a metrics page. */
export type Sample = { name: string; labels: Record<string, string>; value: number }

const LINE = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g
// The labels of our own metrics are such words; anything else would be for a terminal to stumble over.
const WORD = /^[A-Za-z0-9_.-]{1,64}$/

/** The samples of a metrics page in the text format of Prometheus that have only plain words as labels. */
export function parseMetrics(page: string): Sample[] {
  return page.split('\n').flatMap((line) => {
    const [, name, inner = '', value] = LINE.exec(line) ?? []
    if (name === undefined || value === undefined) return []
    const pairs = [...inner.matchAll(LABEL)].map(([, label = '', text = '']): [string, string] => [
      label,
      text,
    ])
    if (pairs.some(([, text]) => !WORD.test(text))) return []
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}
