// Finds the faults of the key `http` that its schema cannot describe. The paths of the faults begin inside the entry
// of the gateway. No fault contains the value of a variable.
import type { HttpPolicy } from '@sms-codes/core/config/http-policy'
import { expandRange } from '../code-table.ts'
import { urlFault, type VendorContext } from '../entry.ts'
import type { Fault } from '../vendor.ts'
import { mapTexts, placeholdersIn, PLACEHOLDERS } from './placeholders.ts'

type Text = { text: string; at: readonly (string | number)[]; names: string[] }

// The connection sets these headers.
const RESERVED = /^(host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer)$/i

const spell = (names: readonly string[]) => `{${names.join('}, {')}}`

/** All texts of the call, with the names of their placeholders. */
export function textsOf({ url, headers, auth, form, json }: HttpPolicy): Text[] {
  const texts: Text[] = []
  mapTexts({ url, headers, auth, form, json }, (text, at) => {
    texts.push({ text, at: ['http', ...at], names: placeholdersIn(text) })
    return text
  })
  return texts
}

export function httpFaults(gateway: string, http: HttpPolicy, context: VendorContext): (Fault | false)[] {
  const { url, headers, form, json, success, idempotent } = http
  const texts = textsOf(http)
  const body = texts.filter(({ at }) => at[1] === 'form' || at[1] === 'json')
  const has = (among: Text[], ...wanted: string[]) =>
    among.some(({ names }) => names.some((name) => wanted.includes(name)))
  const at = (...path: string[]) => ['http', ...path]
  const wrongUrl = urlFault(url, context, true)
  return [
    ...texts.flatMap((text) => [...placeholderFaults(text), ...secretFaults(gateway, text, context.env)]),
    ...Object.keys(headers ?? {}).map(
      (name) =>
        RESERVED.test(name) && {
          at: at('headers', name),
          says: 'must be removed, because the connection sets it',
        },
    ),
    wrongUrl !== false && { at: at('url'), says: wrongUrl },
    (form === undefined) === (json === undefined) && { at: at(), says: 'must have either form or json' },
    body.length > 0 &&
      !has(body, 'code', 'text') && {
        at: at(form === undefined ? 'json' : 'form'),
        says: 'must contain {code} or {text}, because without them no message contains its code',
      },
    success.equals !== undefined &&
      success.path === undefined && { at: at('success', 'path'), says: 'is missing (equals needs it)' },
    idempotent === true &&
      !has(texts, 'id') && {
        at: at('idempotent'),
        says: 'must be false, because the call does not contain {id}',
      },
    ...classFaults(http),
  ]
}

function placeholderFaults({ text, at, names }: Text): Fault[] {
  const isUrl = at[1] === 'url'
  const query = text.indexOf('?')
  const usable: readonly string[] = at[1] === 'auth' ? [] : PLACEHOLDERS
  return names.flatMap((name) => {
    const says = (fault: string) => ({ at, says: fault })
    const placeholder = `{${name}}`
    if (name === '{' || name === '}') return says('has a single brace; double it for a literal brace')
    const isSecret = /^env:[A-Z][A-Z0-9_]*$/.test(name)
    if (!isSecret && !usable.includes(name))
      return says(`has the unknown placeholder ${placeholder}; here exist ${spell([...usable, 'env:NAME'])}`)
    if (isUrl && (name === 'code' || name === 'text'))
      return says(`must not contain ${placeholder}, because addresses are in access logs`)
    const isInPath = isUrl && (query === -1 || text.indexOf(placeholder) < query)
    return isSecret && isInPath ? says(`may contain ${placeholder} only after a question mark`) : []
  })
}

function secretFaults(gateway: string, { at, names }: Text, env: VendorContext['env']): Fault[] {
  return names
    .filter((name) => name.startsWith('env:'))
    .flatMap((name) => {
      const variable = name.slice(4)
      const value = env[variable] ?? ''
      if (value === '') return `${variable}: is missing (gateways.${gateway}.${at.join('.')})`
      return /^\s|\s$|\p{Cc}/u.test(value)
        ? `${variable}: must not begin or end with a blank or a line break`
        : []
    })
}

function classFaults({ classes = {} }: HttpPolicy): Fault[] {
  const seen = new Map<string, string>()
  return Object.entries(classes).flatMap(([cls, codes]) =>
    codes.split(/\s+/).flatMap((code): Fault | [] => {
      const at = ['http', 'classes', cls]
      const [, first = '', last = ''] = /^(\d+)-(\d+)$/.exec(code) ?? []
      if (/^0./.test(first) || Number(last) < Number(first))
        return {
          at,
          says: `has the range ${code}, which must go from a lower to a higher number without zeros in front`,
        }
      if (Number(last) - Number(first) >= 1000)
        return { at, says: `has a range of more than 1000 codes: ${code}` }
      const taken = expandRange(code).find((one) => seen.has(one))
      if (taken !== undefined)
        return { at, says: `has the code ${taken}, which ${seen.get(taken)} has already` }
      expandRange(code).forEach((one) => seen.set(one, cls))
      return /^HTTP_(?!4(?!08)\d\d$)/.test(code)
        ? { at, says: `cannot have ${code}: only a status of 400 to 499 without 408 proves a refusal` }
        : []
    }),
  )
}
