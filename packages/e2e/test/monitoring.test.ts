import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ensurePrometheus, type Prometheus } from '@sms-codes/launcher/prometheus'
import { ROOT } from '../configuration.ts'
import { alertRules, dashboardQueries, metricsIn, MONITORING, startPrometheus } from './monitoring.ts'
import { aMobile, startSystem, wrong, type System } from './system.ts'

/** Metrics of parts that a worker may not have; their panels are empty then. */
const OPTIONAL = new Set(['sms_breaker_open', 'sms_receipt_seconds_bucket'])

const PATIENCE = { timeout: 20_000, interval: 200 }

let programs: Prometheus
beforeAll(async () => {
  programs = await ensurePrometheus(console.log)
})
const promtool = (...args: string[]) =>
  execFileSync(programs.promtool, args, { cwd: MONITORING, encoding: 'utf8', stdio: 'pipe' })

describe('the alert rules', () => {
  it('are ten, can be read, and fire on a bad day and on no other', () => {
    expect(promtool('check', 'config', 'prometheus.yml')).toContain('10 rules found')
    expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS')
  })

  it('are each tested, and each have a runbook', () => {
    const tests = readFileSync(join(MONITORING, 'alerts.test.yml'), 'utf8')
    const headings = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').match(/^#+ .+$/gm) ?? []
    for (const { alert, annotations } of alertRules()) {
      for (const day of ['bad', 'good']) expect(tests).toContain(`name: ${alert} on a ${day} day`)
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`)
      expect(headings.map((heading) => heading.replace(/^#+ /, ''))).toContain(alert)
    }
  })
})

describe('on a service at work', () => {
  let system: System
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>
  beforeAll(async () => {
    const env = { BUDGET_MESSAGES: '1000/3600', GUARD_MIN_SENDS: '1', LIMIT_ADDRESS_ATTEMPTS: '4/60' }
    system = await startSystem({ env })
    prometheus = await startPrometheus(programs.prometheus, {
      'sms-api': system.apis.map(({ opsUrl }) => opsUrl),
      'sms-worker': system.workers.map(({ opsUrl }) => opsUrl),
    })
    // A counter begins to grow when it has been seen: once before, once after.
    await work()
    const seen = async () => (await prometheus.series('sms_sends_ended_total')) > 0
    await vi.waitUntil(seen, PATIENCE)
    await work()
  })
  afterAll(async () => {
    await prometheus.stop()
    await system.stop()
  })

  /** Something of everything that is counted. */
  async function work(): Promise<void> {
    const mobile = aMobile()
    const from = { headers: { 'x-forwarded-for': '192.0.2.1' } }
    await fetch(`${system.apis[0]?.url}/image_codes/a-uuid-of-mine/`)
    const sent = await system.send(mobile)
    await vi.waitUntil(async () => (await system.outbox(mobile)).length === 1, PATIENCE)
    const code = (await system.outbox(mobile))[0]?.code ?? ''
    for (const guess of [wrong(code), code])
      await system.verify(mobile, guess, { request_id: sent.body['request_id'] })
    for (let i = 0; i < 6; i++)
      await system.call(`/sms_codes/${aMobile()}/?image_code=none&uuid=no-such-uuid`, from)
    // Two sends of one segment of which no code is verified.
    const neighbour = String(Number(aMobile()) + 1)
    for (const number of [neighbour, String(Number(neighbour) + 1)]) await system.send(number)
    await vi.waitUntil(async () => (await system.open()) === 0, PATIENCE)
  }

  it('every query of the dashboard and every metric of an alert has series', async () => {
    const queries = [
      ...dashboardQueries(),
      ...alertRules().flatMap(({ alert, expr }) => metricsIn(expr).map((query) => ({ title: alert, query }))),
    ].filter(({ query }) => !metricsIn(query).some((name) => OPTIONAL.has(name)))
    expect(queries.length).toBeGreaterThan(25)
    const silent = async () => {
      const counts = await Promise.all(
        queries.map(async (one) => ({ ...one, count: await prometheus.series(one.query) })),
      )
      return counts.filter(({ count }) => count === 0).map(({ title, query }) => `${title}: ${query}`)
    }
    await expect.poll(silent, { timeout: 60_000, interval: 1_000 }).toEqual([])
  })

  it('every expression can be read by Prometheus, and what is optional too', async () => {
    const all = [...dashboardQueries().map(({ query }) => query), ...alertRules().map(({ expr }) => expr)]
    for (const query of all) expect(await prometheus.series(query)).toBeGreaterThanOrEqual(0)
  })
})
