// Huawei Cloud's responses. A fault of the call has an HTTP status of its own; a fault of the message has status 200, the
// code E000510 and a status for the number.
import { randomUUID } from 'node:crypto'
import { countryOf } from '../mobile.ts'
import type { VendorAnswer } from '../vendor.ts'

const SEVERAL_FAILED = 'E000510'

type Row = { from: string; to: string; id: string; status: string; now: number }

export function callError(code: string): VendorAnswer {
  const isForbidden = /^E0001|^E000620$/.test(code)
  return { status: isForbidden ? 403 : 400, body: { code, description: 'The request was refused.' } }
}

export function messageId(): string {
  return `${randomUUID()}_8539659`
}

export function numberStatus({ from, to, id, status, now }: Row): VendorAnswer {
  const isAccepted = status === '000000'
  return {
    status: 200,
    body: {
      result: [
        {
          originTo: to,
          createTime: huaweiTime(now),
          from,
          smsMsgId: id,
          status,
          countryId: countryOf(to) ?? '',
          total: 1,
        },
      ],
      code: isAccepted ? status : SEVERAL_FAILED,
      description: isAccepted ? 'Success' : 'The SMS fails to be sent. For details, see status.',
    },
  }
}

export function huaweiTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
