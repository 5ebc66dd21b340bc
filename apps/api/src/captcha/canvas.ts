// A canvas holds the level of ink on each pixel of a picture, from 0 (paper) to 15. The distance between a pixel and a
// stroke sets the share of the pixel that is covered, so edges are smooth at any angle.
import type { Stroke } from './glyphs.ts'

export type Canvas = ReturnType<typeof createCanvas>

const FULL = 15

export function createCanvas(width: number, height: number) {
  const levels = new Uint8Array(width * height)

  /**
   * Draws with a round pen from a to b. The loop computes with plain numbers, because a call with two points for each
   * pixel doubles the time of a whole picture. It skips pixels that cannot change, because the segments of a stroke
   * overlap: without this check, a picture takes a third longer.
   */
  function segment(ax: number, ay: number, bx: number, by: number, radius: number, isInk: boolean): void {
    const reach = radius + 0.5
    const left = Math.max(0, Math.ceil(Math.min(ax, bx) - reach))
    const right = Math.min(width - 1, Math.floor(Math.max(ax, bx) + reach))
    const top = Math.max(0, Math.ceil(Math.min(ay, by) - reach))
    const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by) + reach))
    const done = isInk ? FULL : 0
    const [dx, dy] = [bx - ax, by - ay]
    const squaredLength = dx * dx + dy * dy || 1
    const squaredReach = reach * reach
    for (let y = top; y <= bottom; y++) {
      const fromAy = y - ay
      for (let x = left; x <= right; x++) {
        const at = y * width + x
        const before = levels[at] ?? 0
        if (before === done) continue
        const fromAx = x - ax
        const along = (fromAx * dx + fromAy * dy) / squaredLength
        const t = along < 0 ? 0 : along > 1 ? 1 : along
        const offX = fromAx - t * dx
        const offY = fromAy - t * dy
        const squaredDistance = offX * offX + offY * offY
        if (squaredDistance >= squaredReach) continue
        const cover = Math.min(FULL, (reach - Math.sqrt(squaredDistance)) * FULL + 0.5) | 0
        levels[at] = isInk ? Math.max(before, cover) : Math.min(before, FULL - cover)
      }
    }
  }

  return {
    width,
    height,
    levels,
    stroke(points: Stroke, penWidth: number, pen: 'ink' | 'paper' = 'ink'): void {
      for (const [i, to] of points.entries()) {
        const from = points[i - 1] ?? to
        segment(from[0], from[1], to[0], to[1], penWidth / 2, pen === 'ink')
      }
    },
  }
}
