// The ports and URLs of the apps, from the same variables and defaults that the apps use.

const PORTS = {
  API_PORT: 3000,
  BOARD_PORT: 3001,
  SIMULATOR_PORT: 3002,
  SIMULATOR_SMTP_PORT: 3025,
  API_OPS_PORT: 9100,
  WORKER_OPS_PORT: 9101,
}
type PortName = keyof typeof PORTS
export const PORT_NAMES: PortName[] = [
  'API_PORT',
  'BOARD_PORT',
  'SIMULATOR_PORT',
  'SIMULATOR_SMTP_PORT',
  'API_OPS_PORT',
  'WORKER_OPS_PORT',
]

export function portOf(env: NodeJS.ProcessEnv, name: PortName): number {
  return Number(env[name] || PORTS[name])
}

/** The host to reach the apps at from this machine: apps that listen on all addresses are reached on the loopback. */
export function hostOf(env: NodeJS.ProcessEnv): string {
  const host = env['HOST'] || '127.0.0.1'
  return ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
}

export function urlOf(env: NodeJS.ProcessEnv, name: PortName, scheme = 'http'): string {
  const host = hostOf(env)
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${portOf(env, name)}`
}
