import { collectDefaultMetrics, Registry } from 'prom-client'

/** The metrics registry of a process, with Node's own metrics. Labels have few values, and none names a phone. */
export function createRegistry(app: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ app })
  collectDefaultMetrics({ register: registry })
  return registry
}
