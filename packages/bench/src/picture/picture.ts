import { inflateSync } from 'node:zlib'

/** The ink of a picture at half its resolution, row by row, from 0 to 1. */
export type Picture = { width: number; height: number; ink: Float32Array }

/** Less ink than this is noise. */
const LEAST_INK = 0.25

/** Reads a PNG of 16 colours, which go from the paper to the ink. */
export function decode(png: Buffer): Picture {
  const [fullWidth, fullHeight] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  let at = 8
  while (png.toString('latin1', at + 4, at + 8) !== 'IDAT') at += 12 + png.readUInt32BE(at)
  const rows = inflateSync(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  const [width, height] = [fullWidth / 2, fullHeight / 2]
  const ink = new Float32Array(width * height)
  for (let y = 0; y < fullHeight; y++) {
    for (let x = 0; x < width; x++) {
      const pair = rows[y * (width + 1) + 1 + x] ?? 0
      const pixel = (y >> 1) * width + x
      ink[pixel] = (ink[pixel] ?? 0) + ((pair >> 4) + (pair & 15)) / 60
    }
  }
  return { width, height, ink: ink.map((level) => (level < LEAST_INK ? 0 : level)) }
}

/** Cuts the columns around `centre` out of a picture. Columns outside the picture are paper. */
export function cut({ width, height, ink }: Picture, centre: number, columns: number): Float32Array {
  const part = new Float32Array(columns * height)
  const left = Math.round(centre - columns / 2)
  for (let x = Math.max(0, left); x < Math.min(width, left + columns); x++) {
    for (let y = 0; y < height; y++) part[y * columns + x - left] = ink[y * width + x] ?? 0
  }
  return part
}
