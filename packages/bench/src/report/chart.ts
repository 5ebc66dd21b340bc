// Draws the costs of the product beside their floors as an SVG, which browsers and GitHub show in light and dark.
import type { Results } from '../run.ts'
import { medianOf } from './reference.ts'

/** A cost as a multiple of the floor, which is 1, and the goal for it. */
export type Bar = { label: string; times: number; goal: number }

const WIDTH = 720
const LABELS = 200
const ROW = 44
const BAR = 12
const TOP = 64
const BOTTOM = 40
/** The space right of the longest bar, for its figure. */
const FIGURES = 60

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .floor { fill: #8c959f; }
  .product { fill: #0969da; }
  .goal { stroke: #cf222e; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .floor { fill: #768390; }
    .product { fill: #539bf5; }
    .goal { stroke: #f47067; }
  }`

export function barsOf({ summaries }: Results): Bar[] {
  const bars = [
    { label: 'send, CPU', name: 'send', of: 'timesFloor', goal: 1.7 },
    { label: 'send, CPU of Redis', name: 'send', of: 'timesFloorRedis', goal: 1.8 },
    { label: 'verify, CPU', name: 'verify', of: 'timesFloor', goal: 1.7 },
    { label: 'worker, CPU', name: 'worker, gateway of 0 ms', of: 'timesFloor', goal: 1.4 },
    { label: 'worker at 50 ms, CPU', name: 'worker, gateway of 50 ms', of: 'timesFloor', goal: 1.4 },
  ] as const
  return bars.flatMap(({ label, name, of, goal }) => {
    const times = medianOf(summaries.find((summary) => summary.name === name)?.[of])
    return times === null ? [] : [{ label, times, goal }]
  })
}

export const chartOf = (results: Results) => drawChart(barsOf(results))

export function drawChart(bars: readonly Bar[]): string {
  const height = TOP + ROW * bars.length + BOTTOM
  const longest = Math.max(1, ...bars.flatMap(({ times, goal }) => [times, goal]))
  const x = (times: number) => Math.round(LABELS + (times / longest) * (WIDTH - LABELS - FIGURES))
  const rows = bars.flatMap(({ label, times, goal }, row) => {
    const y = TOP + ROW * row
    return [
      text(LABELS - 12, y + BAR + 5, label, 'end'),
      rect('floor', y, x(1)),
      rect('product', y + BAR + 2, x(times)),
      text(Math.max(x(times), x(goal)) + 8, y + 2 * BAR + 1, times.toFixed(2), 'start'),
      `<line class="goal" x1="${x(goal)}" x2="${x(goal)}" y1="${y - 4}" y2="${y + 2 * BAR + 6}"/>`,
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    '<title>Cost of the product as a multiple of its floor</title>',
    `<style>${STYLE}</style>`,
    `<text class="title" x="16" y="24">Cost as a multiple of the floor (one script, one job, one signature or one call)</text>`,
    ...legend(),
    ...rows,
    text(WIDTH - 16, height - 12, 'npm run bench', 'end'),
    '</svg>',
    '',
  ].join('\n')
}

const legend = () => [
  '<rect class="floor" x="16" y="36" width="24" height="10"/>',
  text(46, 46, 'floor', 'start'),
  '<rect class="product" x="106" y="36" width="24" height="10"/>',
  text(136, 46, 'product', 'start'),
  '<line class="goal" x1="222" x2="222" y1="34" y2="48"/>',
  text(232, 46, 'goal', 'start'),
]

const rect = (kind: 'floor' | 'product', y: number, end: number) =>
  `<rect class="${kind}" x="${LABELS}" y="${y}" width="${end - LABELS}" height="${BAR}"/>`

const text = (x: number, y: number, words: string, anchor: 'start' | 'end') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`
