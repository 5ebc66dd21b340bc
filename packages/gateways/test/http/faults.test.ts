import { readPolicy } from '@sms-codes/core/config/policy'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { describe, expect, it } from 'vitest'
import type { VendorContext } from '../../src/entry.ts'
import { httpVendor } from '../../src/http/settings.ts'

const SECRET = 'k3y-of-the-account'
const context: VendorContext = {
  isProduction: true,
  env: { ACME_KEY: SECRET, EMPTY: '', BROKEN: `${SECRET}\n` },
  scenes: [{ name: 'default', lifeSeconds: 300, length: 6 }],
  countries: ['CN'],
  locales: ['zh-CN'],
  callbackToken: undefined,
  publicUrl: undefined,
}
const sound = {
  url: 'https://sms.example.com/send?key={env:ACME_KEY}',
  headers: { 'X-Id': '{id}' },
  form: { mobile: '{to}', text: '{text}' },
  success: { status: [200], path: 'code', equals: ['0'] },
}
const { form: _form, ...withoutBody } = sound

/** The faults of a gateway `acme` in a file, of the schema and of the vendor, without the path of the file. */
function faultsOf(http: unknown, entry: object = {}): string[] {
  const { policy, faults } = readPolicy(
    policyFile({ gateways: { acme: { vendor: 'http', http, ...entry } } }),
  )
  const bySchema = faults.map((line) => line.replace(/^\S+:\d+ /, ''))
  if (policy === null || bySchema.length > 0) return bySchema
  const own = httpVendor.faults('acme', policy.gateways['acme'] ?? {}, {}, context)
  return own.map((fault) => (typeof fault === 'string' ? fault : `${fault.at.join('.')}: ${fault.says}`))
}

describe('the description of a call', () => {
  it('has no fault if it is complete', () => {
    expect(faultsOf(sound)).toEqual([])
    expect(faultsOf({ ...withoutBody, json: { a: [{ b: '{code}' }] }, method: 'PUT' })).toEqual([])
  })

  it.each<[string, object, string]>([
    ['a GET', { method: 'GET' }, 'method: has the wrong form (POST or PUT; a GET would put'],
    ['another method', { method: 'PATCH' }, 'method: has the wrong form (POST or PUT'],
    ['an unknown key', { body: {} }, 'body: is not a setting'],
    ['no success', { success: undefined }, 'success: is missing'],
    [
      'a status that is not a 2xx',
      { success: { status: [500] } },
      'success.status.0: must be a whole number',
    ],
    ['a number to compare', { success: { ...sound.success, equals: [0] } }, 'success.equals.0: must be text'],
    ['a form with a number', { form: { text: '{text}', type: 1 } }, 'form.type: must be text'],
    ['a secret in the file', { auth: { bearer: SECRET } }, 'auth.bearer: has the wrong form (the token'],
    ['two kinds of auth', { auth: { bearer: '{env:A}', header: {} } }, 'auth'],
    ['a header that is no name', { headers: { 'X A': '1' } }, 'headers.X A: is not a valid name'],
    ['a broken header', { headers: { 'X\r\nY': '1' } }, 'headers.X\r\nY: is not a valid name'],
    ['a user in the address', { url: 'https://a:b@sms.example.com/' }, 'url: has the wrong form'],
    ['a placeholder as the host', { url: 'https://{to}.example.com/' }, 'url: has the wrong form'],
    ['an empty path', { id: 'a..b' }, 'id: has the wrong form'],
    ['a class that does not exist', { classes: { refused: '1' } }, 'classes.refused: is not a setting'],
    ['codes in a list', { classes: { number: ['1'] } }, 'classes.number: has the wrong form'],
  ])('is refused by the schema: %s', (_what, changes, says) => {
    const faults = faultsOf({ ...sound, ...changes })
    expect(faults.length).toBeGreaterThan(0)
    expect(faults.join('\n')).toContain(`gateways.acme.http.${says}`)
    expect(faults.join('\n')).not.toContain(SECRET)
  })

  it.each<[string, object, string]>([
    ['no body', { form: undefined }, ': must have either form or json'],
    ['two bodies', { json: {} }, ': must have either form or json'],
    ['a body without the code', { form: { to: '{to}' } }, '.form: must contain {code} or {text}'],
    [
      'an unknown placeholder',
      { form: { a: '{text} {mobile}' } },
      '.form.a: has the unknown placeholder {mobile}; here exist {to}, {digits}, ',
    ],
    ['an inherited name', { form: { a: '{text}{constructor}' } }, '.form.a: has the unknown placeholder'],
    ['an empty placeholder', { form: { a: '{text}{}' } }, '.form.a: has the unknown placeholder {}'],
    ['a single brace', { form: { a: '{text} } {{' } }, '.form.a: has a single brace'],
    ['the code in the address', { url: `${sound.url}&c={code}` }, '.url: must not contain {code}'],
    ['the text in the address', { url: 'https://a.example/{text}' }, '.url: must not contain {text}'],
    [
      'a secret in the path',
      { url: 'https://a.example/{env:ACME_KEY}?x=1' },
      '.url: may contain {env:ACME_KEY} only after a question mark',
    ],
    [
      'a value in auth',
      { auth: { bearer: '{env:ACME_KEY}{to}' } },
      '.auth.bearer: has the unknown placeholder {to}; here exist {env:NAME}',
    ],
    ['plain HTTP', { url: 'http://sms.example.com/' }, '.url: must be https'],
    ['a simulator', { url: 'https://127.0.0.1:1/' }, '.url: must not be a simulator'],
    ['a port that does not exist', { url: 'https://a.example:99999/' }, '.url: must be an address'],
    ['a header of the connection', { headers: { host: 'a' } }, '.headers.host: must be removed'],
    ['values without a field', { success: { status: [200], equals: ['0'] } }, '.success.path: is missing'],
    ['an id that is not sent', { idempotent: true, headers: {} }, '.idempotent: must be false'],
    [
      'a code in two classes',
      { classes: { number: '1 2', config: '3 2' } },
      '.classes.config: has the code 2, which number has already',
    ],
    [
      'a long range',
      { classes: { number: '1-999999999' } },
      '.classes.number: has a range of more than 1000',
    ],
    ['a backward range', { classes: { number: '9-1' } }, '.classes.number: has the range 9-1, which must go'],
    [
      'zeros in front of a range',
      { classes: { number: '001-009' } },
      '.classes.number: has the range 001-009',
    ],
    [
      'a code inside the range of another class',
      { classes: { number: '21', config: '20-29' } },
      '.classes.config: has the code 21, which number has already',
    ],
    [
      'a status that proves nothing',
      { classes: { number: 'HTTP_500' } },
      '.classes.number: cannot have HTTP_500',
    ],
    ['a timeout as a refusal', { classes: { number: 'HTTP_408' } }, '.classes.number: cannot have HTTP_408'],
  ])('is refused by the vendor: %s', (_what, changes, says) => {
    expect(faultsOf({ ...sound, ...changes }).join('\n')).toContain(`gateways.acme.http${says}`)
  })

  it('is refused if a variable with a secret is not set, with the name and the path and without a value', () => {
    const faults = faultsOf({ ...sound, form: { a: '{env:ABSENT}{env:EMPTY}{env:BROKEN}', text: '{text}' } })
    expect(faults).toEqual([
      'ABSENT: is missing (gateways.acme.http.form.a)',
      'EMPTY: is missing (gateways.acme.http.form.a)',
      'BROKEN: must not begin or end with a blank or a line break',
    ])
  })

  it('must have the words that its placeholders name', () => {
    const http = { ...sound, headers: { 'X-Sender': '{sender}' } }
    expect(faultsOf(http)).toHaveLength(1)
    expect(faultsOf(http).join()).toMatch(/^gateways\.acme\.messages.*sender/)
    expect(faultsOf(http, { messages: [{ sender: 'Demo' }] })).toEqual([])
  })

  it('is the only setting of the vendor', () => {
    expect(faultsOf(sound, { idempotent: true })).toEqual([
      'gateways.acme.idempotent: is not a setting of http',
    ])
    expect(faultsOf(undefined).join()).toContain('gateways.acme.http: is missing')
  })

  it('may be one of several, each with its own name', () => {
    const { policy } = readPolicy(
      policyFile({
        gateways: { one: { vendor: 'http', http: sound }, two: { vendor: 'http', http: sound } },
      }),
    )
    const deps = {
      transport: { post: () => Promise.reject(new Error('not called')) },
      writeLine: () => undefined,
      maskMobile: String,
    }
    const names = Object.entries(policy?.gateways ?? {}).map(
      ([name, entry]) => httpVendor.configure(name, entry, {}, context).create(deps).name,
    )
    expect(names).toEqual(['one', 'two'])
  })
})
