// This file defines the captcha alphabet and draws each character by pen strokes in a unit box, with x to the right
// and y down. It needs no font file, so a picture does not depend on the fonts of the host.
import { randomInt } from 'node:crypto'

export type Point = readonly [x: number, y: number]
export type Stroke = readonly Point[]

// `x,y` is a point, `cx,cy,rx,ry,from,to` is an arc in degrees (0 is right, 90 is down), and `|` lifts the pen.
// The 25 characters do not look like each other after rotation and noise. So 0 O Q 1 I L are absent, and so are
// B S Z G V, which look like 8 5 2 6 Y.
const DRAWINGS: Record<string, string> = {
  2: '.5,.28,.48,.28,-170,40 0,1 1,1',
  3: '.45,.25,.43,.25,-150,80 | .3,.5 .45,.5 .45,.75,.52,.25,-80,150',
  4: '.74,1 .74,0 0,.7 1,.7',
  5: '.95,0 .1,0 .06,.45 .45,.68,.52,.32,-125,150',
  6: '.92,.68,.92,.68,-105,-170 .5,.7,.5,.3,-180,180',
  7: '0,0 1,0 .35,1',
  8: '.5,.25,.4,.25,90,450 | .5,.75,.5,.25,-90,270',
  9: '.5,.3,.5,.3,0,360 .08,.32,.92,.68,0,75',
  A: '0,1 .5,.5,.5,.5,180,360 1,1 | 0,.66 1,.66',
  C: '.55,.5,.55,.5,-45,-315',
  D: '0,1 0,0 .3,.5,.7,.5,-90,90 0,1',
  E: '1,0 0,0 0,1 1,1 | 0,.5 .8,.5',
  F: '1,0 0,0 0,1 | 0,.48 .8,.48',
  H: '0,0 0,1 | 1,0 1,1 | 0,.5 1,.5',
  J: '.82,0 .82,.64 .44,.66,.38,.34,0,170',
  K: '0,0 0,1 | .95,0 0,.6 | .3,.42 1,1',
  M: '0,1 .06,0 .5,.62 .94,0 1,1',
  N: '0,1 0,0 1,1 1,0',
  P: '0,1 0,0 .55,.27,.42,.27,-90,90 0,.54',
  R: '0,1 0,0 .55,.27,.42,.27,-90,90 0,.54 | .45,.54 1,1',
  T: '0,0 1,0 | .5,0 .5,1',
  U: '0,0 .5,.6,.5,.4,180,0 1,0',
  W: '0,0 .22,1 .5,.35 .78,1 1,0',
  X: '0,0 1,1 | 1,0 0,1',
  Y: '0,0 .5,.5 1,0 | .5,.5 .5,1',
}

// With steps of this size an arc looks round at the size of a letter.
const ARC_STEP_DEGREES = 24

function pointsOf(token: string): Point[] {
  const [x = 0, y = 0, rx, ry, from = 0, to = 0] = token.split(',').map(Number)
  if (rx === undefined || ry === undefined) return [[x, y]]
  const steps = Math.ceil(Math.abs(to - from) / ARC_STEP_DEGREES)
  return Array.from({ length: steps + 1 }, (_, i): Point => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)]
  })
}

function strokesOf(drawing: string): Stroke[] {
  return drawing.split(' | ').map((stroke) => stroke.split(' ').flatMap(pointsOf))
}

export const captchaAlphabet = Object.keys(DRAWINGS).join('')

/** Returns a random text in which all characters of the alphabet are equally likely. */
export function captchaText(length = 4): string {
  let text = ''
  for (let i = 0; i < length; i++) text += captchaAlphabet.charAt(randomInt(captchaAlphabet.length))
  return text
}

export const glyphs: ReadonlyMap<string, readonly Stroke[]> = new Map(
  Object.entries(DRAWINGS).map(([character, drawing]) => [character, strokesOf(drawing)]),
)
