import type { Result } from './run-drill.ts'

const [WIDTH, LEFT, RIGHT] = [900, 40, 10]
const [TITLE, PLOT, AXIS] = [22, 90, 26]
const PANEL = TITLE + PLOT + AXIS
const LEGEND = 24

const LINES = [
  { field: 'accepted', colour: '#1f6feb', text: 'accepted' },
  { field: 'arrived', colour: '#2da44e', text: 'arrived' },
  { field: 'refused', colour: '#cf222e', text: 'refused or not answered' },
] as const

/** An SVG with a panel for each drill: requests and messages in each second, with the outage in grey. */
export function chart(results: readonly Result[]): string {
  const height = LEGEND + results.length * PANEL
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...LINES.map(
      ({ colour, text }, i) =>
        `<text x="${LEFT + i * 160}" y="16" fill="${colour}">${text}, per second</text>`,
    ),
    ...results.map((result, i) => `<g transform="translate(0 ${LEGEND + i * PANEL})">${panel(result)}</g>`),
    '</svg>',
    '',
  ].join('\n')
}

function panel({ title, name, breaches, seconds }: Result): string {
  const most = Math.max(1, ...LINES.flatMap(({ field }) => seconds[field]))
  const length = seconds.accepted.length
  const x = (second: number) => round(LEFT + (second / length) * (WIDTH - LEFT - RIGHT))
  const y = (value: number) => round(TITLE + PLOT * (1 - value / most))
  const [from = 0, to = 0] = seconds.broken
  const ticks = Array.from({ length: Math.floor(length / 30) + 1 }, (_, i) => i * 30)
  const verdict = breaches.length === 0 ? 'kept' : 'BROKEN'
  return [
    `<rect x="${x(from)}" y="${TITLE}" width="${round(x(to) - x(from))}" height="${PLOT}" fill="#eaeef2"/>`,
    `<text x="${LEFT}" y="15" font-weight="bold">${name}: ${verdict}</text>`,
    `<text x="${WIDTH - RIGHT}" y="15" text-anchor="end" fill="#57606a">${title}</text>`,
    `<text x="${LEFT - 6}" y="${TITLE + 10}" text-anchor="end">${most}</text>`,
    ...ticks.map((at) => `<text x="${x(at)}" y="${TITLE + PLOT + 14}" text-anchor="middle">${at} s</text>`),
    ...LINES.map(({ field, colour }) => {
      const points = seconds[field].map((value, second) => `${x(second)},${y(value)}`).join(' ')
      return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.5"/>`
    }),
  ].join('')
}

const round = (value: number): number => Math.round(value * 10) / 10
