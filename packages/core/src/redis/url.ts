/**
 * What `REDIS_URL` may name: one server, the Sentinels that know where the primary is, or some nodes of a
 * Cluster. A list of hosts is no URL in the sense of WHATWG, so it is taken apart here.
 */
export type RedisHost = { host: string; port: number }
export type Login = { username?: string; password?: string }

export type RedisAddress =
  | { kind: 'single'; url: string }
  | {
      kind: 'sentinel'
      hosts: RedisHost[]
      tls: boolean
      login: Login
      /** What the Sentinels call the primary. */
      name: string
      db: number
      sentinelLogin: Login
    }
  | { kind: 'cluster'; hosts: RedisHost[]; tls: boolean; login: Login }

export const REDIS_URL_FORMS = 'redis://, rediss://, redis+sentinel:// or redis+cluster://'
export const REDIS_URL_PATTERN = '^rediss?(\\+sentinel|\\+cluster)?://.+'

const LIST =
  /^redis(s?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*)(?:\/([^/?#]*))?)?(?:\?([^#]*))?$/
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?$/i
const NAME = /^[A-Za-z0-9._-]+$/
const DB = /^[0-9]{1,4}$/
const DEFAULT_PORT = { sentinel: 26_379, cluster: 6_379 }
const SENTINEL_OPTIONS = ['sentinel_username', 'sentinel_password']

/** @returns the address, or every fault of it, none of which repeats a part of the text */
export function parseRedisUrl(text: string): { address: RedisAddress | null; faults: string[] } {
  if (/^rediss?:\/\//.test(text)) return parseSingle(text)
  const parts = LIST.exec(text)
  if (parts === null)
    return { address: null, faults: [`is none of ${REDIS_URL_FORMS}, or an @, / or ? is not escaped`] }
  const [, secure, kind, user, list = '', name = '', db = '', query = ''] = parts
  const faults: string[] = []
  const isSentinel = kind === 'sentinel'
  const hosts = list
    .split(',')
    .map((entry) => hostOf(entry, DEFAULT_PORT[isSentinel ? 'sentinel' : 'cluster']))
  if (hosts.some((host) => host === null)) faults.push('a host must be host:port, several by comma')
  const [login, options] = [loginOf(user), optionsOf(query)]
  if (login === null) faults.push('the login must be user:password or :password, percent-encoded')
  if (options === null) faults.push('the options must be percent-encoded')
  const unknown = Object.keys(options ?? {}).some((key) => !isSentinel || !SENTINEL_OPTIONS.includes(key))
  if (unknown) faults.push(`the only options are ${SENTINEL_OPTIONS.join(' and ')}, with +sentinel`)
  if (isSentinel && !NAME.test(name))
    faults.push('the name of the primary must follow the hosts, as /mymaster')
  if (isSentinel && db !== '' && !DB.test(db)) faults.push('the database must be a number, as /mymaster/0')
  if (!isSentinel && (name !== '' || db !== '')) faults.push('a Cluster has no database, and no path')
  if (faults.length > 0 || login === null || options === null) return { address: null, faults }
  const common = { hosts: hosts.filter((host) => host !== null), tls: secure === 's', login }
  if (!isSentinel) return { address: { kind: 'cluster', ...common }, faults }
  const { sentinel_username: username, sentinel_password: password } = options
  const sentinelLogin = { ...(username && { username }), ...(password && { password }) }
  return { address: { kind: 'sentinel', ...common, name, db: Number(db), sentinelLogin }, faults }
}

function parseSingle(text: string): { address: RedisAddress | null; faults: string[] } {
  if (text.endsWith('://') || !URL.canParse(text))
    return { address: null, faults: ['is no address (scheme://host:port)'] }
  const { hostname, pathname, search, hash } = new URL(text)
  const faults: string[] = []
  if (hostname === '') faults.push('there is no host')
  if (pathname.length > 1 && !DB.test(pathname.slice(1))) faults.push('the database must be a number, as /0')
  // ioredis would take them for its own, those that make it fail fast among them.
  if (search !== '' || hash !== '') faults.push('one server has no options')
  return faults.length > 0 ? { address: null, faults } : { address: { kind: 'single', url: text }, faults }
}

function hostOf(text: string, fallback: number): RedisHost | null {
  const [, host, port] = HOST.exec(text) ?? []
  const number = port === undefined ? fallback : Number(port)
  if (host === undefined || number < 1 || number > 65_535) return null
  return { host: host.replace(/^\[|\]$/g, ''), port: number }
}

/** `user:password`, `:password` or nothing; null when the encoding is broken. */
function loginOf(text: string | undefined): Login | null {
  if (text === undefined) return {}
  const colon = text.indexOf(':')
  try {
    const [username, password] = [text.slice(0, colon), text.slice(colon + 1)].map(decodeURIComponent)
    if (colon === -1) return null
    return { ...(username && { username }), ...(password && { password }) }
  } catch {
    return null
  }
}

function optionsOf(text: string): Record<string, string> | null {
  try {
    decodeURIComponent(text)
  } catch {
    return null
  }
  return Object.fromEntries(new URLSearchParams(text))
}
