import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startProcess } from '@sms-codes/launcher/processes'
import { GOOD, WRONG } from './wrong-environments.ts'

const APPS = join(import.meta.dirname, '../../../apps')
/** Values that the texts of faults contain in any case. */
const ORDINARY = ['production', 'challenge', 'console']
const isRevealed = (said: string) => (value: string) =>
  value.length > 6 && !ORDINARY.includes(value) && said.includes(value)

const took: number[] = []
afterAll(() => {
  const sorted = took.toSorted((a, b) => a - b)
  const [median, last] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  console.log(`${took.length} wrong environments; time to exit: median ${median} ms, longest ${last} ms`)
})

describe.each(Object.keys(GOOD))('the %s exits with 78 and reports a fault of', (app) => {
  const cases = WRONG.filter((one) => one.app === app)
  it.each(cases.map(({ names, env }) => [names, Object.keys(env).join(), env] as const))(
    '%s when this is set: %s',
    async (names, _given, wrong) => {
      const lines: string[] = []
      const began = performance.now()
      const child = await startProcess({
        name: app,
        script: join(APPS, app, 'dist/main.js'),
        // No server listens there, so a process that connected to Redis first would fail differently.
        env: { REDIS_URL: 'redis://127.0.0.1:1', ...GOOD[app], ...wrong },
        onLine: (line) => lines.push(line),
      })
      const exit = await child.exited
      took.push(Math.round(performance.now() - began))
      const said = lines.join('\n')
      expect({ exit, said }).toMatchObject({ exit: { code: 78, signal: null } })
      // A fault of the policy begins with the file and the line.
      expect(said).toMatch(
        new RegExp(`^(simulator:)? *([^ ]+:\\d+ )?${names.replaceAll('.', '\\.')}[\\w.]*: `, 'm'),
      )
      // A fault names the policy file, which holds no secret.
      const { POLICY_FILE: _, ...variables } = wrong
      const values = [...Object.values(GOOD[app] ?? {}), ...Object.values(variables), 'canary-word']
      expect(values.filter(isRevealed(said))).toEqual([])
    },
  )
})

it('at least forty different wrong environments are tested', () => {
  const texts = WRONG.map((one) => JSON.stringify(one))
  expect(new Set(texts).size).toBe(WRONG.length)
  expect(WRONG.length).toBeGreaterThanOrEqual(40)
})
