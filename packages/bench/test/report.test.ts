import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fillPart } from '@sms-codes/bench/report/documents'
import { faultsOf } from '@sms-codes/bench/report/faults'
import { goalsOf } from '@sms-codes/bench/report/goals'
import { besideSeed } from '@sms-codes/bench/report/reference'
import { markdownReport, textReport } from '@sms-codes/bench/report/report'
import { sizingOf } from '@sms-codes/bench/report/sizing'
import { summarize } from '@sms-codes/bench/report/summary'
import { runRounds, type Comparison, type Measured } from '@sms-codes/bench/rounds'
import { NOTHING, roundOf } from './results.ts'

const sendRound = (micros: number, redisMicros: number): Comparison => ({
  base: roundOf('bare Fastify', 20),
  floor: roundOf('floor of send', 80, 50),
  product: roundOf('send', micros, redisMicros),
})
const workerRound = (delay: number, micros: number): Comparison => ({
  base: roundOf('bare Fastify', 20),
  floor: roundOf(`floor of worker, gateway of ${delay} ms`, 100, 60),
  product: roundOf(`worker, gateway of ${delay} ms`, micros, 90),
})
const cost = { scripts: 12.6, redisMicros: 200, apiMicros: 600, workerMicros: 150 }
const oneCode = {
  idle: { ...cost, scripts: 13.4 },
  busy: cost,
  bareMicros: 20,
  tally: { codes: 10, failed: 0, lost: 0 },
  otherCommands: { set: 1 },
}

function resultsOf(comparisons: Comparison[]) {
  return { ...NOTHING, comparisons, summaries: summarize(comparisons) }
}
const verdicts = (results: typeof NOTHING) =>
  goalsOf(results).flatMap(({ goal, figure, isKept }) => (isKept === null ? [] : [[goal, figure, isKept]]))

describe('the summary of rounds', () => {
  it('divides each round by the rounds directly before it, and takes the median of the quotients', () => {
    const [bare, floor, send] = summarize([sendRound(120, 100), sendRound(160, 75), sendRound(240, 90)])
    expect(bare).toMatchObject({ name: 'bare Fastify', ofBareFastify: null, timesFloor: null })
    expect(floor).toMatchObject({ name: 'floor of send', timesFloor: null, cpuMicros: { median: 80 } })
    expect(floor?.ofBareFastify?.median).toBeCloseTo(0.25)
    expect(send?.timesFloor?.min).toBeCloseTo(1.5)
    expect(send?.timesFloor?.median).toBeCloseTo(2)
    expect(send?.timesFloor?.max).toBeCloseTo(3)
    expect(send?.timesFloorRedis?.median).toBeCloseTo(1.8)
    expect(send?.ofBareFastify?.median).toBeCloseTo(0.125)
  })

  it('counts an invalid round and leaves it out of the figures, and a quotient with an invalid floor too', () => {
    const invalid = { ...sendRound(800, 800), product: roundOf('send', 800, 800, 'a wrong answer') }
    const withoutFloor = { ...sendRound(160, 100), floor: roundOf('floor of send', 1, 1, 'a wrong answer') }
    const results = resultsOf([sendRound(160, 100), invalid, withoutFloor])
    const send = results.summaries.find(({ name }) => name === 'send')
    expect(send).toMatchObject({ validRounds: 2, invalidRounds: 1 })
    expect(send?.cpuMicros?.max).toBeCloseTo(160)
    expect(send?.timesFloor?.max).toBeCloseTo(2)
    expect(faultsOf(results)).toEqual([
      'invalid rounds of floor of send, not counted: 1',
      'invalid rounds of send, not counted: 1',
    ])
  })
})

describe('the rounds', () => {
  it('run base, floor and product in turn, and leave out the warm-up', async () => {
    const order: string[] = []
    const measured = (name: string): Measured => ({
      name,
      run: async (number) => {
        order.push(`${name} ${number}`)
        return roundOf(name, 1)
      },
    })
    const subjects = [{ floor: measured('floor'), product: measured('product') }]
    const comparisons = await runRounds({ base: measured('base'), subjects, rounds: 1, onRound: () => {} })
    expect(order).toEqual(['base 0', 'floor 0', 'product 0', 'base 1', 'floor 1', 'product 1'])
    expect(comparisons).toHaveLength(1)
  })
})

describe('the goals', () => {
  it('are judged by the figures, and a part that did not run has no verdict', () => {
    expect(verdicts(NOTHING)).toEqual([])
    expect(verdicts(resultsOf([sendRound(136, 91)]))).toEqual([
      ['a send: at most 1.7 × the CPU of its floor', '1.70', true],
      ['a send: at most 1.8 × the Redis CPU of its floor', '1.82', false],
    ])
  })

  it('count the scripts of a code as whole numbers', () => {
    const scripts = verdicts({ ...NOTHING, oneCode }).filter(([goal]) => String(goal).includes('scripts'))
    expect(scripts).toEqual([
      ['one code, idle workers: at most 13 scripts', '13', true],
      ['one code, under load: at most 11 scripts', '13', false],
    ])
  })

  it('compare a message with the seed by requests to bare Fastify', () => {
    // The seed takes 2,213 µs, which are 119.6 requests. A send takes 8 of them here, and a job 6.
    const results = resultsOf([sendRound(160, 90), workerRound(0, 120), workerRound(50, 160)])
    const [quick, slow] = besideSeed(results)
    expect(quick?.times).toBeCloseTo(2_213 / 18.5 / 14)
    expect(slow?.times).toBeCloseTo(3_683 / 18.5 / 16)
  })

  it('are missed by a code that is lost, by a node with too many commands and by a key that grows', () => {
    const nodes = [0.2, 0.3, 0.5].map((commands) => ({ commands, scripts: 0.33, cpu: 0.33 }))
    const cluster = { shards: 4, nodes, tally: { codes: 9, failed: 1, lost: 1 }, crossings: 0 }
    const storage = [
      {
        hasIdempotencyKey: false,
        bytesAtOnce: 3_000,
        bytesAfterAnHour: 300,
        gigabytesOfMillion: 0.41,
        growing: ['sms:all'],
        tally: { codes: 9, failed: 0, lost: 0 },
      },
    ]
    const results = { ...NOTHING, cluster, storage }
    expect(verdicts(results).filter(([, , isKept]) => isKept === false)).toEqual([
      ['a day of 1,000,000 codes: at most 0.35 GB of Redis', '0.41 GB', false],
      ['no key grows by a member for each message of the service', '1', false],
      ['Cluster of 3, 4 shards: at most 45 % of the commands on one node', '50 %', false],
      ['Cluster: no accepted message is lost', '1', false],
    ])
    expect(faultsOf(results)).toEqual(['1 of 9 codes failed, of them lost after the send was accepted: 1'])
  })
})

describe('the sizing table', () => {
  it('keeps every core half busy, and has a spare worker', () => {
    const { rows } = sizingOf(oneCode)
    // 1,000 codes take 0.6 cores of the API, 0.15 of the workers and 0.2 of Redis, and 250 messages wait for the gateway.
    expect(rows[2]).toEqual(['1,000', '2', '1', '6', '3', '1', '1'])
    expect(rows[4]).toEqual(['20,000', '24', '6', '101', '26', '8', '9'])
  })
})

describe('the report', () => {
  const results = { ...resultsOf([sendRound(160, 90), workerRound(0, 120)]), oneCode }

  it('has a section for each part that ran', () => {
    const text = textReport(results)
    for (const title of [
      'CPU time, as ratios',
      'One code from picture',
      'Beside the seed',
      'Sizing',
      'Goals',
    ])
      expect(text).toContain(title)
    expect(text).not.toContain('Memory of Redis')
  })

  it('has the same number of cells in every row of a Markdown table, and no microseconds', () => {
    const markdown = markdownReport(results)
    for (const part of markdown.split('### ').slice(1)) {
      const rows = part.split('\n').filter((line) => line.startsWith('|'))
      expect(new Set(rows.map((row) => row.split('|').length)).size).toBe(1)
    }
    expect(markdown).not.toContain('µs')
  })
})

describe('the documents', () => {
  const marked = (content: string) =>
    `before\n<!-- npm run bench writes this: figures -->\n${content}\n<!-- end: figures -->\nafter\n`

  it('get new tables between two marks, any number of times', () => {
    const once = fillPart(marked('old'), 'figures', 'new')
    expect(once).toBe(marked('\nnew\n'))
    expect(fillPart(once, 'figures', 'new')).toBe(once)
  })

  it('stay as they are without the marks', () => {
    expect(() => fillPart(marked('old'), 'sizing', 'new')).toThrow('lacks the marks of the part "sizing"')
    const withoutEnd = marked('old').replace('<!-- end: figures -->', '')
    expect(() => fillPart(withoutEnd, 'figures', 'new')).toThrow('lacks the marks of the part "figures"')
  })

  it.each([
    ['performance.md', 'figures'],
    ['performance.md', 'profile'],
    ['operations.md', 'sizing'],
  ])('%s has the marks of the part %s', (name, part) => {
    const text = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')
    expect(fillPart(text, part, 'new')).toContain('\nnew\n')
  })
})
