import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { GATEWAY_INCIDENTS } from './incidents/gateway-incidents.ts'
import { titleOf } from './incidents/page.ts'
import { SERVICE_INCIDENTS } from './incidents/service-incidents.ts'
import { ROOT } from './system.ts'

// The page docs/incidents.md is written by `npm run docs:incidents`, and must have what the incidents have now.

const INCIDENTS = [...GATEWAY_INCIDENTS, ...SERVICE_INCIDENTS]
const [, ...parts] = readFileSync(join(ROOT, 'docs/incidents.md'), 'utf8').split(/^## /m)
const sections = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]))

it('the page has each incident in its order, and no other', () => {
  expect([...sections.keys()]).toEqual(INCIDENTS.map(({ name }) => titleOf(name)))
})

it.each(INCIDENTS)('the page shows the symptom and the cause of $name', ({ name, symptom, shows }) => {
  const section = sections.get(titleOf(name)) ?? ''
  expect(section.split('\n')[2]).toBe(symptom)
  for (const cause of shows) expect(section).toMatch(cause)
})
