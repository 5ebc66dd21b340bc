// This file draws the captcha picture: a PNG of a text that people can read and plain OCR cannot. A captcha makes an
// attack more expensive but cannot prevent the attack, because a trained network reads most pictures.
import { type Canvas, createCanvas } from './canvas.ts'
import { glyphs, type Point, type Stroke } from './glyphs.ts'
import { encodePng } from './png.ts'
import { random } from './random.ts'

type Warp = (point: Point) => Point

const HEIGHT = 60
const MARGIN = 7
/** The room between letters is measured in bands of this height. */
const BAND = 7.5
const NOISE_SHARE = 0.04

function createWave(amplitude: number, length: number) {
  const phase = random(0, 2 * Math.PI)
  return (at: number) => amplitude * Math.sin((2 * Math.PI * at) / length + phase)
}

/** A warp moves points. This one bends all letters by a slow wave in each direction, so no letter fits a template. */
function createWarp(): Warp {
  const wave = () => createWave(random(1, 3), random(55, 120))
  const [alongX, alongY] = [wave(), wave()]
  return ([x, y]) => [x + alongX(y), y + alongY(x)]
}

/** Splits a stroke into steps of about 5 px. A warp moves only points, so a long segment would stay straight. */
function subdivide(points: Stroke): Point[] {
  const divided: Point[] = []
  for (const [at, to] of points.entries()) {
    const [x, y] = points[at - 1] ?? to
    const [dx, dy] = [to[0] - x, to[1] - y]
    const steps = Math.ceil(Math.sqrt(dx * dx + dy * dy) / 5) || 1
    for (let i = 1; i <= steps; i++) divided.push([x + (dx * i) / steps, y + (dy * i) / steps])
  }
  return divided
}

/** Returns a warp that moves the points of one letter from the unit box to a size and a slant of its own. */
function createHand(): Warp {
  const angle = (random(-16, 16) * Math.PI) / 180
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const shear = random(-0.17, 0.17)
  const [letterWidth, letterHeight] = [random(20, 31), random(30, 37)]
  const centreY = HEIGHT / 2 + random(-4, 4)
  return ([x, y]) => {
    const v = (y - 0.5 + random(-0.03, 0.03)) * letterHeight
    const u = (x - 0.5 + random(-0.03, 0.03)) * letterWidth - shear * v
    return [u * cos - v * sin, centreY + u * sin + v * cos]
  }
}

/**
 * Moves each letter towards the letter before it until they touch. A letter slides under an arm of its neighbour, so the
 * picture has neither fixed cells nor columns without ink at which a program could cut.
 */
function placeLetters(letters: readonly (readonly Stroke[])[]) {
  const edges = new Float32Array(HEIGHT / BAND)
  const run = letters.map((strokes) => {
    const hand = createHand()
    const letter = strokes.map((stroke) => subdivide(stroke.map(hand)))
    const [first, last] = [edges.map(() => Infinity), edges.map(() => -Infinity)]
    for (const stroke of letter) {
      for (const [x, y] of stroke) {
        const band = Math.floor(y / BAND)
        first[band] = Math.min(first[band] ?? 0, x)
        last[band] = Math.max(last[band] ?? 0, x)
      }
    }
    // Arms may touch. Legs that stand side by side may not, because two legs in one place look like one.
    const [arm = 0, , leg = 0] = first.map((x, band) => x - (edges[band] ?? 0)).toSorted()
    const left = Math.max(random(0.5, 4) - arm, random(6.5, 10) - leg)
    for (const [band, x] of last.entries()) edges[band] = Math.max(edges[band] ?? 0, x + left)
    return { letter, left }
  })
  return { run, width: Math.max(...edges) }
}

/** Returns the strokes of a text that fit in a picture of this width, in pixels, and the factor of each pen's width. */
export function layOut(text: string, width: number): { stroke: Point[]; weight: number }[] {
  const letters = Array.from(text, (character) => {
    const strokes = glyphs.get(character)
    if (!strokes) throw new RangeError('a captcha text must consist of characters of the captcha alphabet')
    return strokes
  })
  const warp = createWarp()
  const { run, width: needed } = placeLetters(letters)
  const room = width - 2 * MARGIN
  const squeeze = Math.min(1, room / needed)
  const start = MARGIN + random(0, room - needed * squeeze)
  return run.flatMap(({ letter, left }) => {
    const weight = random(0.9, 1.06)
    return letter.map((points) => ({
      stroke: points.map(([x, y]) => warp([start + (x + left) * squeeze, y])),
      weight,
    }))
  })
}

/** Returns the points of a wavy line from edge to edge, inside the band where the letters are. */
function acrossText(canvas: Canvas): Point[] {
  const [from, to] = [random(16, 44), random(16, 44)]
  const wave = createWave(random(3, 8), random(70, 140))
  const points: Point[] = []
  for (let x = 0; x < canvas.width + 8; x += 8) {
    points.push([x, from + ((to - from) * x) / canvas.width + wave(x)])
  }
  return points
}

function disturb(canvas: Canvas, pen: number): void {
  canvas.stroke(acrossText(canvas), random(1.5, 2.1), 'paper')
  // This line has two thirds of the width of a letter's strokes: a simple filter would remove a thinner line, and with a
  // wider one people read an F as an E.
  canvas.stroke(acrossText(canvas), pen * random(0.62, 0.72))
  for (let i = 0; i < 2; i++) {
    const [x, y, angle] = [random(4, canvas.width - 4), random(4, HEIGHT - 4), random(0, 2 * Math.PI)]
    const length = random(5, 8)
    const end: Point = [x + length * Math.cos(angle), y + length * Math.sin(angle)]
    canvas.stroke([[x, y], end], pen * random(0.5, 0.7))
  }
  for (let i = canvas.levels.length * NOISE_SHARE; i > 0; i--)
    canvas.levels[Math.floor(random(0, canvas.levels.length))] = Math.round(random(0, 15))
}

/** Returns sixteen colours from a light paper to a dark ink, both of a random tint. */
function createPalette(): Uint8Array {
  const paper = [random(226, 252), random(226, 252), random(226, 252)]
  const ink = [random(10, 95), random(10, 80), random(10, 110)]
  return Uint8Array.from({ length: 48 }, (_, i) => {
    const [light = 255, dark = 0] = [paper[i % 3], ink[i % 3]]
    return light + ((dark - light) * Math.floor(i / 3)) / 15
  })
}

/** Draws a PNG of 160x60 pixels for four characters. Each further character makes the picture 30 pixels wider. */
export function drawCaptcha(text: string): Buffer {
  const canvas = createCanvas(40 + 30 * text.length, HEIGHT)
  const pen = random(3.2, 3.9)
  for (const { stroke, weight } of layOut(text, canvas.width)) canvas.stroke(stroke, pen * weight)
  disturb(canvas, pen)
  return encodePng(canvas.width, HEIGHT, canvas.levels, createPalette())
}
