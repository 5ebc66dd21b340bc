/** Returns the result of a function, or null if it throws. */
export function orNull<T>(act: () => T): T | null {
  try {
    return act()
  } catch {
    return null
  }
}
