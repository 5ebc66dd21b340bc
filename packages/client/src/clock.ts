/**
 * Makes the clock of a client, in ms since 1970. It goes on while the device sleeps, when the clock of the page stands still.
 * It does not go back when the clock of the device is set back.
 */
export function createClock(): () => number {
  let startedAt = 0
  return () => {
    const onPage = performance.now()
    startedAt = Math.max(startedAt, Date.now() - onPage)
    return startedAt + onPage
  }
}
