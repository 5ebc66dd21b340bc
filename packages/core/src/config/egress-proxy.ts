// The HTTP proxy through which calls over https leave a host. HTTPS_PROXY and NO_PROXY are names that most programs read,
// so a host may set them for all its processes, in capitals or in small letters.
import { Type } from '@sinclair/typebox'
import { createNetworks, parseNetwork } from '../limits/networks.ts'
import { throwFaults } from '../throw-faults.ts'
import { parsed } from './decoders.ts'

export type EgressProxy = {
  url: URL
  /** Whether a call to this address does not go through the proxy. */
  isDirect: (target: URL) => boolean
}

export const egressVariables = {
  HTTPS_PROXY: Type.Optional(
    parsed(parseProxyUrl, {
      description:
        'secret: HTTP proxy for calls over https to gateways, EVENTS_URL and a captcha service, such as http://user:password@proxy:3128; https_proxy is read too',
    }),
  ),
  NO_PROXY: parsed(parseExceptions, {
    default: '',
    description:
      'comma list of hosts that are called without HTTPS_PROXY: names (with their subdomains), addresses, CIDRs, or * for all; no_proxy is read too',
  }),
}

/** The text of a variable. Only the variables of the proxy have a name in small letters, too. */
export const textOf = (env: Readonly<Record<string, string | undefined>>, name: string) =>
  env[name] || (name in egressVariables ? env[name.toLowerCase()] : undefined)

type Values = { HTTPS_PROXY?: URL; NO_PROXY: EgressProxy['isDirect'] }
export const egressProxyOf = ({ HTTPS_PROXY: url, NO_PROXY: isDirect }: Values): EgressProxy | undefined =>
  url && { url, isDirect }

const FORM = 'must be the address of an HTTP proxy, http://host:port or https://host:port'

/** @throws Error that repeats no part of the text, which may hold a password */
function parseProxyUrl(given: string): URL {
  const text = given.includes('://') ? given : `http://${given}`
  if (!/^https?:\/\/\S+$/i.test(text) || !URL.canParse(text)) throw new Error(FORM)
  const url = new URL(text)
  throwFaults([
    // A `/`, `?` or `#` in a login ends the host, so what follows would be lost without a fault.
    url.pathname + url.search + url.hash !== '/' &&
      'must end with the port; the login must be user:password, percent-encoded',
    !isEncoded(url.username + url.password) && 'the login must be user:password, percent-encoded',
    url.hostname.startsWith('[') && 'must have a name or an IPv4 address as host',
  ])
  return url
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** A call to this machine is always direct, because a proxy on another host cannot make it. */
const THIS_MACHINE = 'localhost 127.0.0.0/8 ::1'

function parseExceptions(text: string): EgressProxy['isDirect'] {
  const entries = `${THIS_MACHINE} ${text}`.toLowerCase().split(/[\s,]+/)
  const networkOf = createNetworks(entries.filter((entry) => parseNetwork(entry) !== null))
  const names = entries.map((entry) => /^(?:\*?\.)?(.*?)(?::([0-9]+))?$/.exec(entry) ?? [])
  return ({ hostname, port }) => {
    const host = hostname.replace(/^\[|\]$/g, '')
    // URL leaves out the port 443, and only calls over https ask.
    const at = port || '443'
    const isNamed = names.some(
      ([, name = '', only = at]) => only === at && name !== '' && `.${host}`.endsWith(`.${name}`),
    )
    return entries.includes('*') || networkOf(host) !== null || isNamed
  }
}
