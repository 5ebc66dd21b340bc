// The random numbers of all pictures come from a pool, which the system's generator fills again when the pool is empty.
// A call of the generator for each number would take longer than the drawing.
import { randomFillSync } from 'node:crypto'

const pool = new Uint16Array(16_384) // a picture of four characters takes about 1,250 numbers
let at = pool.length

/** Returns a number from `min` up to `max` in 65,536 steps. This is not enough for a secret. */
export function random(min: number, max: number): number {
  if (at === pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const value = pool[at++] ?? 0
  return min + ((max - min) * value) / 65_536
}
