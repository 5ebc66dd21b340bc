// The random numbers of one picture come from a pool of bytes, which the system's generator fills again when the pool
// is empty. A call of the generator for each number would take longer than the drawing.
import { randomBytes } from 'node:crypto'

export type Random = ReturnType<typeof createRandom>

const POOL_BYTES = 4096 // a picture of four characters takes about 2.5 kB

export function createRandom() {
  let pool = randomBytes(POOL_BYTES)
  let at = 0

  /** Returns a number from `min` up to `max` in 65,536 steps. This is not enough for a secret. */
  return function random(min: number, max: number): number {
    if (at === POOL_BYTES) {
      pool = randomBytes(POOL_BYTES)
      at = 0
    }
    const value = pool.readUInt16LE(at)
    at += 2
    return min + ((max - min) * value) / 65_536
  }
}
