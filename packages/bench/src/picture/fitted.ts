// The strongest attack: the network itself decides where the letters are. It first learns from the cuts of the
// projection. Then it looks at a view of every second column and picks the views that it reads best.
import type { Network } from './network.ts'
import { cut, type Picture } from './picture.ts'
import { COLUMNS } from './views.ts'

/** A letter is this many columns right of the one before it, at half the resolution. */
const [NEAREST, FARTHEST] = [4, 11]
const STEP = 2

type Path = { score: number; centres: number[] }

/** The views of a picture at every second column, and what the network makes of each. */
function scan(picture: Picture, network: Network) {
  const centres = Array.from({ length: Math.floor(picture.width / STEP) }, (_, i) => i * STEP)
  const views = centres.map((centre) => cut(picture, centre, COLUMNS))
  return { views, logarithms: views.map((view) => network.logarithms(view)) }
}

/** The places of the letters with the best sum of scores. */
function bestPlaces(
  places: number,
  letters: number,
  scoreOf: (place: number, letter: number) => number,
): number[] {
  let paths: (Path | undefined)[] = Array.from({ length: places }, (_, place) => ({
    score: scoreOf(place, 0),
    centres: [place],
  }))
  for (let letter = 1; letter < letters; letter++) {
    paths = paths.map((_, place) => {
      let best: Path | undefined
      for (let before = place - FARTHEST; before <= place - NEAREST; before++) {
        const path = paths[before]
        if (path !== undefined && path.score > (best?.score ?? -Infinity)) best = path
      }
      return best && { score: best.score + scoreOf(place, letter), centres: [...best.centres, place] }
    })
  }
  return (
    paths.reduce((best, path) => ((path?.score ?? -Infinity) > (best?.score ?? -Infinity) ? path : best))
      ?.centres ?? []
  )
}

/** Learns the known letters of a picture, and that the middle between two letters is not a letter. */
export function learnFitted(
  network: Network,
  picture: Picture,
  classes: readonly number[],
  rate: number,
): void {
  const { views, logarithms } = scan(picture, network)
  const scoreOf = (place: number, letter: number) => logarithms[place]?.[classes[letter] ?? 0] ?? 0
  const places = bestPlaces(views.length, classes.length, scoreOf)
  for (const [i, place] of places.entries()) {
    const view = views[place]
    const between = views[Math.round((place + (places[i + 1] ?? place + NEAREST)) / 2)]
    if (view !== undefined) network.learn(view, [classes[i] ?? 0], rate)
    if (between !== undefined) network.learn(between, [network.classes - 1], rate)
  }
}

/** Reads the letters at the places where the network is most certain of a letter. */
export function readFitted(network: Network, picture: Picture, letters: number): number[] {
  const { views, logarithms } = scan(picture, network)
  const best = logarithms.map((all) => {
    const own = all.subarray(0, -1)
    const score = Math.max(...own)
    return { score, letter: own.indexOf(score) }
  })
  const places = bestPlaces(views.length, letters, (place) => best[place]?.score ?? 0)
  return places.map((place) => best[place]?.letter ?? 0)
}
