export type Spread = { median: number; min: number; max: number }

/** Null of an empty list: a figure that no valid round gave is no figure. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return null
  return { median: (quantile(sorted, 0.5) + quantile(sorted, 0.5, 'upper')) / 2, min, max }
}

/** Of an ascending list; between two of its values the lower one unless told otherwise. */
export function quantile(
  sorted: readonly number[],
  share: number,
  take: 'lower' | 'upper' = 'lower',
): number {
  const at = (sorted.length - 1) * share
  return sorted[take === 'lower' ? Math.floor(at) : Math.ceil(at)] ?? Number.NaN
}
