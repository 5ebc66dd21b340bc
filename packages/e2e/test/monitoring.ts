import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parse, stringify } from 'yaml'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { ROOT } from './system.ts'

export const MONITORING = join(ROOT, 'docs/monitoring')
const read = (name: string) => readFileSync(join(MONITORING, name), 'utf8')

const Rules = Type.Object({
  groups: Type.Array(
    Type.Object({
      rules: Type.Array(
        Type.Object({
          alert: Type.String(),
          expr: Type.String(),
          annotations: Type.Object({ summary: Type.String(), runbook: Type.String() }),
        }),
      ),
    }),
  ),
})
const Dashboard = Type.Object({
  panels: Type.Array(
    Type.Object({
      title: Type.String(),
      targets: Type.Optional(Type.Array(Type.Object({ expr: Type.String() }))),
    }),
  ),
})
const Answer = Type.Object({ data: Type.Object({ result: Type.Array(Type.Unknown()) }) })

export const alertRules = () =>
  Value.Decode(Rules, parse(read('alerts.yml'))).groups.flatMap(({ rules }) => rules)

export const dashboardQueries = () =>
  Value.Decode(Dashboard, JSON.parse(read('dashboard.json'))).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, query: expr.replaceAll('$__rate_interval', '1m') })),
  )

/** The names of our metrics and of Node's metrics in a query. */
export const metricsIn = (query: string) =>
  [...query.matchAll(/\b(?:sms|nodejs|process)_[a-z0-9_]+\b/g)].map(([name]) => name)

/** Starts Prometheus with our alert rules. It scrapes the given processes every second. */
export async function startPrometheus(program: string, targets: Record<'sms-api' | 'sms-worker', string[]>) {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-prometheus-'))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(MONITORING, 'alerts.yml')],
    scrape_configs: Object.entries(targets).map(([job_name, urls]) => ({
      job_name,
      static_configs: [{ targets: urls.map((url) => new URL(url).host) }],
    })),
  }
  writeFileSync(join(dir, 'prometheus.yml'), stringify(config))
  const port = await freePort()
  const child = await startProcess({
    name: 'prometheus',
    command: program,
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: dir,
    onLine: () => {},
  })
  const url = `http://127.0.0.1:${port}`
  await waitForHttp(`${url}/-/ready`, 30_000)
  return {
    /**
     * Returns the number of series of a query.
     * @throws Error with Prometheus' message when the query is invalid
     */
    async series(query: string): Promise<number> {
      const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`)
      const text = await response.text()
      if (!response.ok) throw new Error(`${query}: ${text}`)
      return Value.Decode(Answer, JSON.parse(text)).data.result.length
    },
    async stop(): Promise<void> {
      await child.stop()
      rmSync(dir, { recursive: true })
    },
  }
}
