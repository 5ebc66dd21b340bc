// A canvas holds the amount of ink on each pixel of a picture, from 0 (paper) to 1. The distance between a pixel and
// a stroke sets the share of the pixel that is covered, so edges are smooth at any angle.
import type { Point, Stroke } from './glyphs.ts'

export type Canvas = ReturnType<typeof createCanvas>

/** Returns the share of the pixel at (x, y) that a round pen covers when the pen goes from a to b. */
function covered(x: number, y: number, [ax, ay]: Point, [bx, by]: Point, radius: number): number {
  const dx = bx - ax
  const dy = by - ay
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)
  const t = Math.min(1, Math.max(0, along))
  const distance = Math.sqrt((x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2)
  return Math.min(1, Math.max(0, radius + 0.5 - distance))
}

export function createCanvas(width: number, height: number) {
  const ink = new Float32Array(width * height)

  function segment(a: Point, b: Point, radius: number, pen: 'ink' | 'paper'): void {
    const reach = radius + 1
    const left = Math.max(0, Math.floor(Math.min(a[0], b[0]) - reach))
    const right = Math.min(width - 1, Math.ceil(Math.max(a[0], b[0]) + reach))
    const top = Math.max(0, Math.floor(Math.min(a[1], b[1]) - reach))
    const bottom = Math.min(height - 1, Math.ceil(Math.max(a[1], b[1]) + reach))
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const at = y * width + x
        const before = ink[at] ?? 0
        const cover = covered(x, y, a, b, radius)
        ink[at] = pen === 'ink' ? Math.max(before, cover) : Math.min(before, 1 - cover)
      }
    }
  }

  return {
    width,
    height,
    ink,
    stroke(points: Stroke, penWidth: number, pen: 'ink' | 'paper' = 'ink'): void {
      for (const [i, point] of points.entries()) segment(points[i - 1] ?? point, point, penWidth / 2, pen)
    },
  }
}
