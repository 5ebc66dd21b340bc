import { Counter, type Registry } from 'prom-client'
import { createHttpDuration } from '@sms-codes/core/process/http-metrics'
import { SEARCH_ROUTE } from './messages/search.ts'

/** The metrics of the board. Every series of a counter begins at 0. */
export function createBoardMetrics(registry: Registry) {
  const counter = (name: string, help: string, results: string[]) => {
    const made = new Counter({ name, help, labelNames: ['result'], registers: [registry] })
    for (const result of results) made.inc({ result }, 0)
    return made
  }
  return {
    /** A browser sends the password with each request, so each request with a password is a login. */
    logins: counter(
      'sms_board_logins_total',
      'Requests with a name and a password, by whether they are right',
      ['ok', 'wrong', 'throttled'],
    ),
    writes: counter('sms_board_writes_total', 'Writes of operators on the board', [
      'done',
      'failed',
      'refused',
    ]),
    requestSeconds: createHttpDuration(registry),
  }
}
export type BoardMetrics = ReturnType<typeof createBoardMetrics>

/**
 * The label of a request in metrics: the first part of its route, because Bull Board has forty routes. Writes have one
 * label, and unknown paths and HEAD another. The search writes nothing.
 */
export function routeLabel({ method, url }: { method: string; url: string | undefined }): string {
  if (url === undefined || method === 'HEAD') return 'other'
  return method === 'GET' || url === SEARCH_ROUTE ? `/${url.split('/')[1] ?? ''}` : 'write'
}
