export type Spread = { median: number; min: number; max: number }

/** Returns null for an empty list, when no round was valid. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return null
  return { median: (quantile(sorted, 0.5) + quantile(sorted, 0.5, 'upper')) / 2, min, max }
}

/** A quantile of an ascending list. Between two values it returns the lower one by default. */
export function quantile(
  sorted: readonly number[],
  share: number,
  take: 'lower' | 'upper' = 'lower',
): number {
  const at = (sorted.length - 1) * share
  return sorted[take === 'lower' ? Math.floor(at) : Math.ceil(at)] ?? Number.NaN
}
