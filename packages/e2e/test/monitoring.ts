import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parse, stringify } from 'yaml'
import { cleanUpAtExit } from '@sms-codes/launcher/cleanup-at-exit'
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
const Ranges = Type.Array(
  Type.Object({
    metric: Type.Record(Type.String(), Type.String()),
    values: Type.Array(Type.Tuple([Type.Number(), Type.String()])),
  }),
)
/** One series of a query over a time: its labels, and the times (ms since 1970) at which it had a value. */
export type Range = { labels: Record<string, string>; at: number[] }
/** The addresses of the processes, by the job names of prometheus.yml. */
export type Targets = Record<'sms-api' | 'sms-worker', string[]>
export type RunningPrometheus = Awaited<ReturnType<typeof startPrometheus>>

export const alertRules = () =>
  Value.Decode(Rules, parse(read('alerts.yml'))).groups.flatMap(({ rules }) => rules)

export const dashboardText = () => read('dashboard.json')

export const dashboardQueries = () =>
  Value.Decode(Dashboard, JSON.parse(dashboardText())).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      query: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(instance|gateway)\b/g, '.*'),
    })),
  )

/** The names of our metrics, and of those of Node and Redis, in a query. */
export const metricsIn = (query: string) =>
  [...query.matchAll(/\b(?:sms|nodejs|process|redis)_[a-z0-9_]+\b/g)].map(([name]) => name)

/** Starts Prometheus with our alert rules. It scrapes the given processes, and evaluates the rules, every second. */
export async function startPrometheus(program: string, targets: Targets, everySeconds = 1) {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-prometheus-'))
  const removeDir = () => rmSync(dir, { recursive: true, force: true })
  const cancelCleanup = cleanUpAtExit(removeDir)
  const every = `${everySeconds}s`
  const fileOf = (job: string) => join(dir, `${job}.json`)
  function setTargets(next: Targets): void {
    for (const [job, urls] of Object.entries(next)) {
      // Prometheus may read the file at any time, so the file changes as a whole.
      writeFileSync(`${fileOf(job)}.new`, JSON.stringify([{ targets: urls.map((url) => new URL(url).host) }]))
      renameSync(`${fileOf(job)}.new`, fileOf(job))
    }
  }
  setTargets(targets)
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [join(MONITORING, 'alerts.yml')],
    scrape_configs: Object.keys(targets).map((job_name) => ({
      job_name,
      file_sd_configs: [{ files: [fileOf(job_name)], refresh_interval: every }],
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
  /** @throws Error with Prometheus' message when the query is invalid */
  async function ask(path: string, query: string, more: Record<string, string> = {}): Promise<unknown[]> {
    const asked = new URLSearchParams({ query, ...more }).toString()
    const response = await fetch(`${url}/api/v1/${path}?${asked}`)
    const text = await response.text()
    if (!response.ok) throw new Error(`${query}: ${text}`)
    return Value.Decode(Answer, JSON.parse(text)).data.result
  }
  return {
    setTargets,
    /** Returns the number of series of a query. */
    series: async (query: string): Promise<number> => (await ask('query', query)).length,
    /** Returns the series that a query has between two times (ms since 1970), second by second. */
    async ranges(query: string, from: number, to: number): Promise<Range[]> {
      const [start, end] = [from, to].map((ms) => String(ms / 1_000))
      const found = await ask('query_range', query, { start: start ?? '', end: end ?? '', step: '1s' })
      return Value.Decode(Ranges, found).map(({ metric, values }) => ({
        labels: metric,
        at: values.map(([second]) => second * 1_000),
      }))
    },
    async stop(): Promise<void> {
      await child.stop()
      cancelCleanup()
      removeDir()
    },
  }
}
