/**
 * Starts to measure, and returns a function that tells the ms since then. The clock of the page stands still while the
 * device sleeps, and the wall clock can be set back: the longer of both times counts.
 */
export function startStopwatch(): () => number {
  const [wall, page] = [Date.now(), performance.now()]
  return () => Math.max(Date.now() - wall, performance.now() - page)
}
