import { Counter, type Registry } from 'prom-client'

/**
 * Adds the metric of events and returns the function that counts an event. The API and the worker lose an event that
 * they cannot queue, and the worker loses an event after its last try.
 */
export function createEventCount(registry: Registry) {
  const events = new Counter({
    name: 'sms_events_total',
    help: 'Events for the application: delivered, or lost because Redis or the application did not take them',
    labelNames: ['result'],
    registers: [registry],
  })
  const count = (result: 'delivered' | 'lost', times = 1): void => events.inc({ result }, times)
  count('delivered', 0)
  count('lost', 0)
  return count
}
