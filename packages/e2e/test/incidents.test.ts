import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { GATEWAY_INCIDENTS } from './incidents/gateway-incidents.ts'
import { createDesk, type Desk } from './incidents/incident.ts'
import { SERVICE_INCIDENTS } from './incidents/service-incidents.ts'
import { incidentPage, type Shown } from './incidents/page.ts'
import { ROOT, startSystem, type System } from './system.ts'

// For each incident, one command names the cause. `npm run docs:incidents` writes the outputs to docs/incidents.md.

const INCIDENTS = [...GATEWAY_INCIDENTS, ...SERVICE_INCIDENTS]
const PAGE = join(ROOT, 'docs/incidents.md')
const MINUTE_MS = 60_000

let system: System
let desk: Desk
const shown: Shown[] = []
beforeAll(async () => {
  const policy = {
    scenes: {
      default: {},
      hasty: { send_within: '10s' },
      watched: { fallback: true, receipt_within: '2s' },
      mailed: { fallback: true },
    },
    // The incidents let the gateways fail one after the other, and the API would refuse the sends of the later ones.
    overload: { queue_max_age: '0s' },
    email: { fallback_after: '1s' },
  }
  system = await startSystem({ workers: 0, receipts: true, persistent: true, policy })
  desk = createDesk(system)
})
afterEach(() => desk.cleanUp())
afterAll(async () => {
  await system.stop()
  if (process.env['WRITE_INCIDENTS'] === '1') writeFileSync(PAGE, incidentPage(shown))
})

describe.each(INCIDENTS)('the incident $name', ({ name, symptom, arrange, shows }) => {
  it(
    'is explained by one command',
    async () => {
      const args = await arrange(desk)
      const output = await desk.ops(...args)
      shown.push({ name, symptom, args, output })
      for (const cause of shows) expect(output).toMatch(cause)
    },
    2 * MINUTE_MS,
  )
})
