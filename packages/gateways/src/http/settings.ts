// Describes a vendor that exists only in the policy. Its secrets are the variables that its placeholders name.
import { Type } from '@sinclair/typebox'
import { HttpPolicy } from '@sms-codes/core/config/http-policy'
import { defineVendor } from '../vendor.ts'
import { httpFaults, textsOf } from './faults.ts'
import { createHttpGateway } from './gateway.ts'
import { WORDS } from './placeholders.ts'

const namesIn = (http: HttpPolicy | undefined) => (http ? textsOf(http).flatMap(({ names }) => names) : [])

export const httpVendor = defineVendor({
  name: 'http',
  hasReceipts: false,
  secrets: Type.Object({}),
  settings: Type.Object({ http: HttpPolicy }),
  words: Type.Partial(Type.Object(Object.fromEntries(WORDS.map((word) => [word, Type.String()])))),
  needs: (_country, { http }) => WORDS.filter((word) => namesIn(http).includes(word)),
  faults: ({ name, settings: { http }, context }) => (http ? httpFaults(name, http, context) : []),
  create: (options, _deps, env) => {
    const names = namesIn(options.http).filter((name) => name.startsWith('env:'))
    const secrets = Object.fromEntries(names.map((name) => [name, env[name.slice(4)] ?? '']))
    return createHttpGateway({ ...options, secrets })
  },
})
