/** Throws one error with a fault per line, for `decoded` in config/load.ts. `false` is no fault. @throws Error */
export function throwFaults(given: readonly (string | false)[]): void {
  const faults = given.filter((fault) => fault !== false)
  if (faults.length > 0) throw new Error(faults.join('\n'))
}
