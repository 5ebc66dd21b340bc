import { cut, type Picture } from './picture.ts'

/** A letter at half the resolution is about 12 columns wide. The rest tolerates that the view is not centred. */
export const COLUMNS = 24

/** Cuts at fixed columns: each letter has its cell. */
export function cells(picture: Picture, letters: number): Float32Array[] {
  const cell = (picture.width - 4) / letters
  return Array.from({ length: letters }, (_, i) => cut(picture, 2 + cell * (i + 0.5), COLUMNS))
}

/** Cuts between the letters, where the columns have the least ink. */
export function projection(picture: Picture, letters: number): Float32Array[] {
  const { width, height, ink } = picture
  const columns = Array.from({ length: width }, (_, x) => {
    let sum = 0
    for (let y = 0; y < height; y++) sum += ink[y * width + x] ?? 0
    return sum
  })
  const edges = edgesOf(columns)
  const cuts = [edges.left, ...leastInk(columns, edges, letters), edges.right]
  return Array.from({ length: letters }, (_, i) =>
    cut(picture, ((cuts[i] ?? 0) + (cuts[i + 1] ?? 0)) / 2, COLUMNS),
  )
}

/** The columns between which the letters are: those that have more ink than a line across the picture leaves. */
function edgesOf(columns: readonly number[]) {
  const hasLetter = columns.map(
    (_, x) => (columns[x - 1] ?? 0) + (columns[x] ?? 0) + (columns[x + 1] ?? 0) > 10,
  )
  return { left: hasLetter.indexOf(true), right: hasLetter.lastIndexOf(true) }
}

/** The cuts between the letters with the least ink in all, where no letter is much wider than another. */
function leastInk(
  columns: readonly number[],
  edges: { left: number; right: number },
  letters: number,
): number[] {
  const mean = (edges.right - edges.left) / letters
  const [least, most] = [Math.ceil(mean * 0.65), Math.floor(mean * 1.4)]
  let best = new Map<number, { cost: number; cuts: number[] }>([[edges.left, { cost: 0, cuts: [] }]])
  for (let i = 1; i < letters; i++) {
    const next: typeof best = new Map()
    for (const [from, { cost, cuts }] of best) {
      for (let x = from + least; x <= from + most; x++) {
        const sum = cost + (columns[x] ?? 0) + ((columns[x - 1] ?? 0) + (columns[x + 1] ?? 0)) / 2
        if (sum < (next.get(x)?.cost ?? Infinity)) next.set(x, { cost: sum, cuts: [...cuts, x] })
      }
    }
    best = next
  }
  const ends = [...best].filter(([x]) => edges.right - x >= least && edges.right - x <= most)
  return ends.toSorted(([, a], [, b]) => a.cost - b.cost)[0]?.[1].cuts ?? []
}
