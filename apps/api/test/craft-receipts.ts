import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Api } from './api.ts'

type Forgery = { claims?: object; header?: object; key?: KeyObject | Uint8Array }

/** Returns a function that signs these claims with the key of the API, or a receipt with the given faults. */
export const createCraft =
  (api: () => Pick<Api, 'receiptKeys'>, kid: string, good: () => object) =>
  ({ claims = {}, header = {}, key = api().receiptKeys.current.privateKey }: Forgery = {}): Promise<string> =>
    new SignJWT({ ...good(), ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid, ...header })
      .sign(key, { crit: { x: false } })
