// Tencent Cloud's responses, always with HTTP status 200: an error of the whole call, or a status for the number.
import { randomUUID } from 'node:crypto'
import { countryOf } from '../mobile.ts'
import type { VendorAnswer } from '../vendor.ts'

type NumberStatus = { number: string; sessionContext: string; code: string; serialNo?: string }

/** Clients read the code. Only a missing or invalid parameter has a text that says more. */
export function callError(code: string, text = code): VendorAnswer {
  return response({ Error: { Code: code, Message: text } })
}

export function sendStatus({ number, sessionContext, code, serialNo = '' }: NumberStatus): VendorAnswer {
  return response({
    SendStatusSet: [
      {
        SerialNo: serialNo,
        PhoneNumber: number,
        Fee: code === 'Ok' ? 1 : 0,
        SessionContext: sessionContext,
        Code: code,
        Message: code === 'Ok' ? 'send success' : code,
        IsoCode: countryOf(number) ?? '',
      },
    ],
  })
}

export function response(fields: Record<string, unknown>): VendorAnswer {
  return { status: 200, body: { Response: { ...fields, RequestId: randomUUID() } } }
}
