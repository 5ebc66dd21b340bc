import { Histogram, type Registry } from 'prom-client'

/**
 * The HTTP latency of a process. A route costs seven series, so the buckets are few: a panel shows whether answers take
 * milliseconds, tens or hundreds of them, or seconds.
 */
export const createHttpDuration = (registry: Registry) =>
  new Histogram({
    name: 'sms_http_request_duration_seconds',
    help: 'Seconds from a request to the end of its answer',
    labelNames: ['route'],
    buckets: [0.01, 0.05, 0.25, 1],
    registers: [registry],
  })
