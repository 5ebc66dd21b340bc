import { collectDefaultMetrics, Registry } from 'prom-client'
import { reportVersion } from './version.ts'

/**
 * The metrics of Node.js that a process exports. prom-client has thirty more, with about 80 series, which no alert, no
 * panel and no document uses. The first metric of each group sets the values of the group.
 */
const KEPT = [
  'process_cpu_user_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
]

/**
 * The registry of a process, with the metrics of Node.js and the version. Each label of a metric has few values, and no
 * label names a phone.
 * @param app the name of the process, a label of every series
 */
export function createRegistry(app: string, version: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ app })
  collectDefaultMetrics({ register: registry })
  for (const { name } of registry.getMetricsAsArray())
    if (!KEPT.includes(name)) registry.removeSingleMetric(name)
  reportVersion(registry, version)
  return registry
}
