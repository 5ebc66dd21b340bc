/**
 * `REDIS_URL` names one server, the Sentinels that know the primary, or some nodes of a Cluster. The WHATWG parser
 * refuses a list of hosts, so this file parses it.
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
      /** The name of the primary in the configuration of the Sentinels. */
      name: string
      db: number
      sentinelLogin: Login
    }
  | { kind: 'cluster'; hosts: RedisHost[]; tls: boolean; login: Login }

export const REDIS_URL_FORMS = 'redis://, rediss://, redis+sentinel:// or redis+cluster://'

const LIST =
  /^redis(s?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*)(?:\/([^/?#]*))?)?(?:\?([^#]*))?$/
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?$/i
const NAME = /^[A-Za-z0-9._-]+$/
const DB = /^[0-9]{1,4}$/
const SENTINEL_OPTIONS = ['sentinel_username', 'sentinel_password']

/** @throws Error with one fault a line. No fault repeats a part of the text, which may hold a password. */
export function parseRedisUrl(text: string): RedisAddress {
  if (/^rediss?:\/\//.test(text)) return parseSingle(text)
  const parts = LIST.exec(text)
  if (parts === null) throw new Error(`must be ${REDIS_URL_FORMS}, with every @, / and ? of a login escaped`)
  const [, secure, kind, userInfo, hostList = '', name = '', db = '', query = ''] = parts
  const faults: string[] = []
  const isSentinel = kind === 'sentinel'
  const hosts = hostList.split(',').flatMap((entry) => parseHost(entry, isSentinel ? 26_379 : 6_379) ?? [])
  if (hosts.length < hostList.split(',').length)
    faults.push('a host must be host:port; several are separated by commas')
  const [login, options] = [parseLogin(userInfo), parseOptions(query)]
  if (login === null) faults.push('the login must be user:password or :password, percent-encoded')
  if (options === null) faults.push('the options must be percent-encoded')
  const { sentinel_username: username, sentinel_password: password, ...unknown } = options ?? {}
  if (Object.keys(isSentinel ? unknown : (options ?? {})).length > 0)
    faults.push(`the only options are ${SENTINEL_OPTIONS.join(' and ')}, with +sentinel`)
  if (isSentinel && !NAME.test(name))
    faults.push('the name of the primary must follow the hosts, as in /mymaster')
  if (isSentinel && db !== '' && !DB.test(db)) faults.push('the database must be a number, as in /mymaster/0')
  if (!isSentinel && (name !== '' || db !== '')) faults.push('a Cluster has no database and no path')
  if (faults.length > 0 || login === null) throw new Error(faults.join('\n'))
  const common = { hosts, tls: secure === 's', login }
  if (!isSentinel) return { kind: 'cluster', ...common }
  const sentinelLogin = { ...(username && { username }), ...(password && { password }) }
  return { kind: 'sentinel', ...common, name, db: Number(db), sentinelLogin }
}

function parseSingle(text: string): RedisAddress {
  if (text.endsWith('://') || !URL.canParse(text)) throw new Error('must be an address, redis://host:port')
  const { hostname, pathname, search, hash } = new URL(text)
  const faults: string[] = []
  if (hostname === '') faults.push('the host is missing')
  if (pathname.length > 1 && !DB.test(pathname.slice(1)))
    faults.push('the database must be a number, as in /0')
  // ioredis would read options from there, and some of them undo the fail-fast settings of connect.ts.
  if (search !== '' || hash !== '') faults.push('an address of one server has no options')
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return { kind: 'single', url: text }
}

function parseHost(text: string, defaultPort: number): RedisHost | null {
  const [, host, port = defaultPort] = HOST.exec(text) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return null
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** Parses `user:password`, `:password` or nothing; null if there is no colon or the encoding is broken. */
function parseLogin(text: string | undefined): Login | null {
  if (text === undefined) return {}
  const colon = text.indexOf(':')
  if (colon === -1) return null
  try {
    const [username, password] = [text.slice(0, colon), text.slice(colon + 1)].map(decodeURIComponent)
    return { ...(username && { username }), ...(password && { password }) }
  } catch {
    return null
  }
}

function parseOptions(text: string): Record<string, string> | null {
  try {
    decodeURIComponent(text)
  } catch {
    return null
  }
  return Object.fromEntries(new URLSearchParams(text))
}
