import { Counter, type Registry } from 'prom-client'

/** What the API counts. Routes by their pattern, answers by RETCODE: both are bounded. */
export function createApiMetrics(registry: Registry) {
  const answers = new Counter({
    name: 'sms_http_answers_total',
    help: 'Answers of the API by route and RETCODE',
    labelNames: ['method', 'route', 'code'],
    registers: [registry],
  })
  return {
    answered: (method: string, route: string, code: string) => answers.inc({ method, route, code }),
  }
}
export type ApiMetrics = ReturnType<typeof createApiMetrics>
