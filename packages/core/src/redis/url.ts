import { throwFaults } from '../throw-faults.ts'

/**
 * `REDIS_URL` names one server, the Sentinels that know the primary, or some nodes of a Cluster. The WHATWG parser
 * refuses a list of hosts, so this file parses the list.
 */
export type RedisAddress =
  | { kind: 'single'; url: string }
  | ({ kind: 'cluster' } & Hosts)
  /** `name` is the name of the primary in the configuration of the Sentinels. */
  | ({ kind: 'sentinel'; name: string; db: number; sentinelLogin: Login } & Hosts)
type Hosts = { hosts: { host: string; port: number }[]; tls: boolean; login: Login }
type Login = { username?: string; password?: string }

export const REDIS_URL_FORMS = 'redis://, rediss://, redis+sentinel:// or redis+cluster://'
const LOGIN_FORM = 'the login must be user:password or :password, percent-encoded'

const LIST =
  /^redis(s?)\+(sentinel|cluster):\/\/(?:([^:@/?#]*):([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*)(?:\/([^/?#]*))?)?(?:\?([^#]*))?$/
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?$/i
const NAME = /^[A-Za-z0-9._-]+$/
const DB = /^[0-9]{1,4}$/

/** @throws Error with one fault a line. No fault repeats a part of the text, which may hold a password. */
export function parseRedisUrl(text: string): RedisAddress {
  if (/^rediss?:\/\//.test(text)) return parseSingle(text)
  const parts = LIST.exec(text)
  if (parts === null) throw new Error(`must be ${REDIS_URL_FORMS}; ${LOGIN_FORM}`)
  const [, secure, kind, user = '', pass = '', hostList = '', name = '', db = '', query = ''] = parts
  const isSentinel = kind === 'sentinel'
  const entries = hostList.split(',')
  const hosts = entries.flatMap((entry) => parseHost(entry, isSentinel ? 26_379 : 6_379))
  const options = isEncoded(query) ? Object.fromEntries(new URLSearchParams(query)) : {}
  const { sentinel_username: username, sentinel_password: password, ...unknown } = options
  const checks = [
    hosts.length < entries.length && 'a host must be host:port; several are separated by commas',
    !isEncoded(user + pass) && LOGIN_FORM,
    !isEncoded(query) && 'the options must be percent-encoded',
    Object.keys(isSentinel ? unknown : options).length > 0 &&
      'the only options are sentinel_username and sentinel_password, with +sentinel',
    isSentinel && !NAME.test(name) && 'the name of the primary must follow the hosts, as in /mymaster',
    isSentinel && db !== '' && !DB.test(db) && 'the database must be a number, as in /mymaster/0',
    !isSentinel && (name !== '' || db !== '') && 'a Cluster has no database and no path',
  ]
  throwFaults(checks)
  const login = toLogin(decodeURIComponent(user), decodeURIComponent(pass))
  const common = { hosts, tls: secure === 's', login }
  if (!isSentinel) return { kind: 'cluster', ...common }
  return { kind: 'sentinel', ...common, name, db: Number(db), sentinelLogin: toLogin(username, password) }
}

function parseSingle(text: string): RedisAddress {
  if (text.endsWith('://') || !URL.canParse(text)) throw new Error('must be an address, redis://host:port')
  const { hostname, pathname, search, hash } = new URL(text)
  const checks = [
    hostname === '' && 'the host is missing',
    pathname.length > 1 && !DB.test(pathname.slice(1)) && 'the database must be a number, as in /0',
    // ioredis would read options from the query, and some options undo the fail-fast settings of connect.ts.
    (search !== '' || hash !== '') && 'an address of one server has no options',
  ]
  throwFaults(checks)
  return { kind: 'single', url: text }
}

/** Answers a list of one host, or an empty list for text that is not a host. */
function parseHost(text: string, defaultPort: number): Hosts['hosts'] {
  const [, host, port = defaultPort] = HOST.exec(text) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return []
  return [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }]
}

function toLogin(username = '', password = ''): Login {
  return { ...(username && { username }), ...(password && { password }) }
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
