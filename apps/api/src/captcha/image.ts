// Owns the captcha picture: a PNG of a text that people can read and plain OCR cannot, different each time. It makes an
// attack more expensive and cannot prevent it: a trained network reads most pictures of any generator.
import { type Canvas, createCanvas } from './canvas.ts'
import { glyphs, type Point, type Stroke } from './glyphs.ts'
import { encodePng } from './png.ts'
import { createRandom, type Random } from './random.ts'

type Warp = (point: Point) => Point

const height = 60
const noiseShare = 0.04

/** Bends the whole picture by one slow wave in each direction, so that letters do not match a template. */
function createWarp({ between }: Random): Warp {
  const wave = () => {
    const amplitude = between(1, 3)
    const perPixel = (2 * Math.PI) / between(55, 120)
    const phase = between(0, 2 * Math.PI)
    return (at: number) => amplitude * Math.sin(at * perPixel + phase)
  }
  const [alongX, alongY] = [wave(), wave()]
  return ([x, y]) => [x + alongX(y), y + alongY(x)]
}

/** Splits a stroke into steps of about 4 px. A warp moves only points, so a long segment would stay straight. */
function subdivide(points: Stroke): Point[] {
  const out: Point[] = []
  let previous: Point | undefined
  for (const point of points) {
    const [x, y] = previous ?? point
    const steps = Math.ceil(Math.hypot(point[0] - x, point[1] - y) / 4) || 1
    for (let i = 1; i <= steps; i++) {
      out.push([x + ((point[0] - x) * i) / steps, y + ((point[1] - y) * i) / steps])
    }
    previous = point
  }
  return out
}

/** Moves the points of one letter from its unit box to its place in the picture. */
function createHand({ between }: Random, centreX: number): Warp {
  const angle = (between(-18, 18) * Math.PI) / 180
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const shear = between(-0.17, 0.17)
  const [letterWidth, letterHeight] = [between(21, 26), between(30, 37)]
  const centreY = height / 2 + between(-4, 4)
  return ([x, y]) => {
    const v = (y - 0.5 + between(-0.03, 0.03)) * letterHeight
    const u = (x - 0.5 + between(-0.03, 0.03)) * letterWidth - shear * v
    return [centreX + u * cos - v * sin, centreY + u * sin + v * cos]
  }
}

function drawLetters(
  canvas: Canvas,
  random: Random,
  letters: (readonly Stroke[])[],
  warp: Warp,
  pen: number,
): void {
  const full = (canvas.width - 8) / letters.length
  const cell = full * random.between(0.9, 1)
  const start = 4 + random.between(0, (full - cell) * letters.length)
  for (const [i, strokes] of letters.entries()) {
    const hand = createHand(random, start + cell * (i + 0.5) + random.between(-1.5, 1.5))
    const width = pen * random.between(0.9, 1.06)
    for (const stroke of strokes) canvas.stroke(subdivide(stroke.map(hand)).map(warp), width)
  }
}

/** A wavy line from edge to edge, inside the band where the letters are. */
function acrossText(canvas: Canvas, { between }: Random): Point[] {
  const [from, to] = [between(16, 44), between(16, 44)]
  const amplitude = between(3, 8)
  const perPixel = (2 * Math.PI) / between(70, 140)
  const phase = between(0, 2 * Math.PI)
  const points: Point[] = []
  for (let x = 0; x <= canvas.width; x += 5) {
    points.push([x, from + ((to - from) * x) / canvas.width + amplitude * Math.sin(x * perPixel + phase)])
  }
  return points
}

function disturb(canvas: Canvas, random: Random, pen: number): void {
  const { between, below } = random
  canvas.stroke(acrossText(canvas, random), between(1.5, 2.1), 'paper')
  // Nearly as wide as the strokes of the letters, because one morphological opening would remove a thin line.
  canvas.stroke(acrossText(canvas, random), pen * between(0.78, 0.85))
  for (let i = 0; i < 4; i++) {
    const [x, y, angle] = [between(4, canvas.width - 4), between(4, height - 4), between(0, 2 * Math.PI)]
    const length = between(5, 8)
    const end: Point = [x + length * Math.cos(angle), y + length * Math.sin(angle)]
    canvas.stroke([[x, y], end], pen * between(0.5, 0.7))
  }
  for (let i = canvas.ink.length * noiseShare; i > 0; i--)
    canvas.ink[below(canvas.ink.length)] = between(0, 1)
}

/** Sixteen steps from a light paper to a dark ink of a random tint. */
function createPalette({ between }: Random): Uint8Array {
  const paper = [between(226, 252), between(226, 252), between(226, 252)]
  const ink = [between(10, 95), between(10, 80), between(10, 110)]
  return Uint8Array.from({ length: 48 }, (_, i) => {
    const [light = 255, dark = 0] = [paper[i % 3], ink[i % 3]]
    return light + ((dark - light) * Math.floor(i / 3)) / 15
  })
}

/** Draws a PNG of 160x60 pixels for four characters, and of 30 pixels more for each further character. */
export function drawCaptcha(text: string): Buffer {
  const letters = Array.from(text, (character) => {
    const strokes = glyphs.get(character)
    if (!strokes) throw new RangeError('a captcha text must consist of characters of the captcha alphabet')
    return strokes
  })
  const random = createRandom()
  const canvas = createCanvas(40 + 30 * letters.length, height)
  const pen = random.between(3.2, 3.9)
  drawLetters(canvas, random, letters, createWarp(random), pen)
  disturb(canvas, random, pen)
  // A loop, because `Uint8Array.from` with a function takes as long as the rest of the picture.
  const pixels = new Uint8Array(canvas.ink.length)
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round((canvas.ink[i] ?? 0) * 15)
  return encodePng(canvas.width, height, pixels, createPalette(random))
}
