// Owns when a worker may use the console gateway, which needs no variables.
import { Type } from '@sinclair/typebox'
import { defineVendor } from '../vendor.ts'
import { createConsoleGateway } from './gateway.ts'

export const consoleVendor = defineVendor({
  name: 'console',
  settings: Type.Object({}),
  faults: (_values, { isProduction }) => [
    isProduction && 'SMS_GATEWAYS: console prints codes and is not allowed in production',
  ],
  create: (_settings, deps) => createConsoleGateway(deps),
})
