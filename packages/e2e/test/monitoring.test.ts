import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { numberSegment } from '@sms-codes/core/mobile'
import { keys } from '@sms-codes/core/redis/keys'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { startRedis } from '@sms-codes/launcher/redis'
import { ensurePrometheus, ensureRedisExporter, type Prometheus } from '@sms-codes/test-servers/prometheus'
import { ROOT } from './system.ts'
import {
  alertRules,
  dashboardQueries,
  dashboardText,
  metricsIn,
  MONITORING,
  startPrometheus,
} from './monitoring.ts'
import { aMobile, startSystem, wrong, type System } from './system.ts'

/** Metrics of optional parts of a worker. Without the part, the panel stays empty. */
const OPTIONAL = new Set(['sms_breaker_open', 'sms_receipt_seconds_bucket'])

/** An application that takes no events. */
const EVENTS = {
  EVENTS_URL: 'http://127.0.0.1:9/',
  EVENTS_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
}

const isOfRedis = (name: string) => name.startsWith('redis_')

const PATIENCE = { timeout: 60_000, interval: 200 }

let programs: Prometheus
beforeAll(async () => {
  programs = await ensurePrometheus(console.log)
})
// The call is asynchronous, because Vitest ends a run whose worker is silent for a minute.
const run = promisify(execFile)
const promtool = async (...args: string[]) => (await run(programs.promtool, args, { cwd: MONITORING })).stdout

const targetsOf = ({ apis, workers }: System) => ({
  'sms-api': apis.map(({ opsUrl }) => opsUrl),
  'sms-worker': workers.map(({ opsUrl }) => opsUrl),
})

describe('the alert rules', () => {
  it(
    'are twenty valid rules, which fire in their tests on a bad day and not on a good one',
    { timeout: 300_000 },
    async () => {
      expect(await promtool('check', 'config', 'prometheus.yml')).toContain('20 rules found')
      expect(await promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS')
    },
  )

  it('each have tests, a runbook, and a link to it in the dashboard', () => {
    const tests = readFileSync(join(MONITORING, 'alerts.test.yml'), 'utf8')
    const headings = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').match(/^#+ .+$/gm) ?? []
    for (const { alert, annotations } of alertRules()) {
      for (const day of ['good day', 'bad day', 'day that only looks bad'])
        expect(tests).toContain(`name: ${alert} on a ${day}\n`)
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`)
      expect(dashboardText()).toContain(`[${alert}](\${docs}/operations.md#${alert.toLowerCase()})`)
      expect(headings.map((heading) => heading.replace(/^#+ /, ''))).toContain(alert)
    }
  })
})

describe('the Redis row of the dashboard', () => {
  it('has only metrics that redis_exporter exports', async () => {
    const program = await ensureRedisExporter(console.log)
    const [redis, port] = [await startRedis(), await freePort()]
    const exporter = await startProcess({
      name: 'redis_exporter',
      command: program,
      args: ['-redis.addr', redis.url, '-web.listen-address', `127.0.0.1:${port}`],
      onLine: () => {},
    })
    const url = `http://127.0.0.1:${port}/metrics`
    await waitForHttp(url, 30_000)
    const exported = new Set((await (await fetch(url)).text()).match(/^redis_\w+/gm))
    await exporter.stop()
    await redis.stop()
    const shown = dashboardQueries().flatMap(({ query }) => metricsIn(query).filter(isOfRedis))
    expect(shown.length).toBeGreaterThan(10)
    expect(shown.filter((name) => !exported.has(name))).toEqual([])
  })
})

describe('on a service that has just started', () => {
  let system: System
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>
  const fresh: string[] = []
  beforeAll(async () => {
    system = await startSystem({
      env: { SMS_GATEWAYS: 'ccp,aliyun', ...EVENTS },
      policy: { guard: { segment: { min_sends: 1 } } },
    })
    for (const { opsUrl } of [...system.apis, ...system.workers])
      fresh.push(...(await (await fetch(`${opsUrl}/metrics`)).text()).split('\n'))
    prometheus = await startPrometheus(programs.prometheus, targetsOf(system))
  })
  afterAll(async () => {
    await prometheus.stop()
    await system.stop()
  })

  it('every series that an alert reads exists and is 0', () => {
    const awaited = [
      'sms_store_errors_total{app="api"}',
      'sms_events_total{result="lost",app="api"}',
      'sms_events_total{result="lost",app="worker"}',
      'sms_requests_accepted_total{scene="default",app="api"}',
      'sms_verifies_total{scene="default",result="ok",app="api"}',
      ...['gateways', 'backlog'].map((limit) => `sms_refused_by_limit_total{limit="${limit}",app="api"}`),
      'sms_jobs_unreadable_total{queue="sms",app="worker"}',
      ...['ccp', 'aliyun'].flatMap((gateway) => [
        `sms_gateway_skips_total{gateway="${gateway}",reason="rate_full",app="worker"}`,
        `sms_breaker_open{gateway="${gateway}",app="worker"}`,
        `sms_gateway_off{gateway="${gateway}",app="worker"}`,
      ]),
      'sms_missing_keys_total{app="api"}',
      'sms_missing_keys_total{app="worker"}',
      ...['segment', 'address', 'service'].map(
        (group) => `sms_guard_findings_total{group="${group}",mode="observe",app="api"}`,
      ),
      ...['sms",gateway="ccp', 'sms",gateway="aliyun', 'email",gateway="email'].flatMap((gateway) =>
        ['config', 'template', 'accepted', 'switch_now'].map(
          (outcome) => `sms_gateway_calls_total{channel="${gateway}",class="${outcome}",app="worker"}`,
        ),
      ),
      'sms_sends_ended_total{status="sent",by="ccp",app="worker"}',
      'sms_sends_ended_total{status="failed",by="late",app="worker"}',
      'sms_sends_ended_total{status="failed",by="unreadable",app="worker"}',
    ]
    expect(awaited.filter((series) => !fresh.includes(`${series} 0`))).toEqual([])
    for (const app of ['api', 'worker'])
      for (const name of ['sms_ready', 'sms_policies']) expect(fresh).toContain(`${name}{app="${app}"} 1`)
  })

  it('the first refusal of our account and the first finding of the pumping guard fire their alerts', async () => {
    const count = async (query: string) => prometheus.series(query)
    const alerts = [
      '{alertname="SmsGatewayMisconfigured", gateway="ccp"}',
      '{alertname="SmsPumping", group="segment"}',
    ]
    for (const metric of ['sms_guard_findings_total', 'sms_gateway_calls_total'])
      await vi.waitUntil(async () => (await count(metric)) > 0, PATIENCE)
    for (const alert of alerts) expect(await count(`ALERTS${alert}`)).toBe(0)
    await system.fault('112311')
    const first = Number(aMobile())
    const counts = keys.guarded('segment', numberSegment(String(first)))
    // At the second send of a segment, the guard finds that the first code was not verified.
    for (const mobile of [first, first + 1]) {
      await system.send(String(mobile))
      await vi.waitUntil(async () => (await system.open()) === 0, PATIENCE)
      // The worker counts a send for the guard when a gateway has accepted it, and soon writes its counts.
      await vi.waitUntil(async () => (await system.redis.exists(counts)) === 1, PATIENCE)
    }
    for (const alert of alerts) await vi.waitUntil(async () => (await count(`ALERTS${alert}`)) > 0, PATIENCE)
    expect(await count('sms_guard_findings_total > 1')).toBe(0)
  })
})

describe('on a service under load', () => {
  let system: System
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>
  beforeAll(async () => {
    const policy = {
      budget: { messages: ['1000/1h'] },
      guard: { segment: { min_sends: 1 } },
      limits: { address: { attempts: ['4/60s'] } },
    }
    system = await startSystem({ policy, env: EVENTS })
    prometheus = await startPrometheus(programs.prometheus, targetsOf(system))
    // A rate needs two values of a counter, so the load comes before and after the first scrape.
    await work()
    for (const last of ['sms_sends_ended_total{status="sent"} > 0', 'sms_verifies_total{result="ok"} > 0'])
      await vi.waitUntil(async () => (await prometheus.series(last)) > 0, PATIENCE)
    await work()
  })
  afterAll(async () => {
    await prometheus.stop()
    await system.stop()
  })

  /** Does something that every metric counts. */
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
    // Two sends in one segment whose codes are never verified.
    const neighbour = String(Number(aMobile()) + 1)
    for (const number of [neighbour, String(Number(neighbour) + 1)]) await system.send(number)
    await vi.waitUntil(async () => (await system.open()) === 0, PATIENCE)
  }

  it('every query of the dashboard and every metric of an alert has series', async () => {
    const queries = [
      ...dashboardQueries(),
      ...alertRules().flatMap(({ alert, expr }) => metricsIn(expr).map((query) => ({ title: alert, query }))),
    ].filter(
      ({ query }) =>
        // No alert fires yet.
        !query.includes('ALERTS{') && !metricsIn(query).some((name) => OPTIONAL.has(name) || isOfRedis(name)),
    )
    expect(queries.length).toBeGreaterThan(25)
    const silent = async () => {
      const counts = await Promise.all(
        queries.map(async (one) => ({ ...one, count: await prometheus.series(one.query) })),
      )
      return counts.filter(({ count }) => count === 0).map(({ title, query }) => `${title}: ${query}`)
    }
    await expect.poll(silent, { timeout: 60_000, interval: 1_000 }).toEqual([])
  })

  it('Prometheus can evaluate every expression, including those of optional metrics', async () => {
    const all = [...dashboardQueries().map(({ query }) => query), ...alertRules().map(({ expr }) => expr)]
    for (const query of all) expect(await prometheus.series(query)).toBeGreaterThanOrEqual(0)
  })
})
