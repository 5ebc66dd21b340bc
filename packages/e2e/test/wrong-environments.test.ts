import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startProcess } from '@sms-codes/launcher/processes'
import { GOOD, WRONG } from './wrong-environments.ts'

const APPS = join(import.meta.dirname, '../../../apps')
/** Values that the texts of the faults have in them anyway, beside those of a few letters. */
const ORDINARY = ['production', 'challenge', 'console']
const isTold = (said: string) => (value: string) =>
  value.length > 6 && !ORDINARY.includes(value) && said.includes(value)

const took: number[] = []
afterAll(() => {
  const sorted = took.toSorted((a, b) => a - b)
  const [median, last] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  console.log(`${took.length} wrong environments; to the end: median ${median} ms, longest ${last} ms`)
})

describe.each(Object.keys(GOOD))('the %s does not start on a wrong environment, and names', (app) => {
  const cases = WRONG.filter((one) => one.app === app)
  it.each(cases.map(({ names, env }) => [names, Object.keys(env).join(), env] as const))(
    '%s, of %s',
    async (names, _given, wrong) => {
      const lines: string[] = []
      const began = performance.now()
      const child = await startProcess({
        name: app,
        script: join(APPS, app, 'dist/main.js'),
        // Nobody listens there: a process that looked at its Redis first would not get this far.
        env: { REDIS_URL: 'redis://127.0.0.1:1', ...GOOD[app], ...wrong },
        onLine: (line) => lines.push(line),
      })
      const exit = await child.exited
      took.push(Math.round(performance.now() - began))
      const said = lines.join('\n')
      expect({ exit, said }).toMatchObject({ exit: { code: 78, signal: null } })
      expect(said).toMatch(new RegExp(`^(simulator:)? *${names}[A-Z_]*: `, 'm'))
      const values = [...Object.values(GOOD[app] ?? {}), ...Object.values(wrong), 'canary-word']
      expect(values.filter(isTold(said))).toEqual([])
    },
  )
})

it('there are at least forty, no two alike', () => {
  const texts = WRONG.map((one) => JSON.stringify(one))
  expect(new Set(texts).size).toBe(WRONG.length)
  expect(WRONG.length).toBeGreaterThanOrEqual(40)
})
