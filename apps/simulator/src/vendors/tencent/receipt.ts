// Tencent's delivery receipt: a JSON array, unsigned, without the SessionContext unless support has switched that on;
// only the secret in the address speaks for it.
import { shanghaiDateTime } from '../../clock.ts'
import { parseObject } from '../json.ts'
import type { Receipts } from '../vendor.ts'

export function createTencentReceipts(options: { callbackUrl: (forged: boolean) => string }): Receipts {
  return {
    push: (message, { delivered, forged, now }) => ({
      url: options.callbackUrl(forged),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        {
          user_receive_time: shanghaiDateTime(now),
          nationcode: '86',
          mobile: message.to,
          report_status: delivered ? 'SUCCESS' : 'FAIL',
          errmsg: delivered ? 'DELIVRD' : 'UNDELIV',
          description: delivered ? '用户短信送达成功' : '用户短信接收失败',
          sid: message.id,
        },
      ]),
    }),
    isAcknowledged: ({ status, body }) => status === 200 && parseObject(body)?.['result'] === 0,
  }
}
