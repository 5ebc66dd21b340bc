import { collectDefaultMetrics, Registry } from 'prom-client'

/** One registry a process, with Node's own metrics in it. Labels are bounded sets; none names a phone. */
export function createRegistry(app: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ app })
  collectDefaultMetrics({ register: registry })
  return registry
}
