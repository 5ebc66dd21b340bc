// Aliyun's delivery receipt: a JSON array, unsigned; only the secret in the address speaks for it. It is acknowledged
// by a code that is the number 0, not the text.
import { shanghaiDateTime } from '../../clock.ts'
import { parseObject } from '../json.ts'
import type { Receipts } from '../vendor.ts'

export function createAliyunReceipts(options: { callbackUrl: (forged: boolean) => string }): Receipts {
  return {
    push: (message, { delivered, forged, now }) => ({
      url: options.callbackUrl(forged),
      headers: { 'content-type': 'application/json;charset=utf-8' },
      body: JSON.stringify([
        {
          phone_number: message.to,
          send_time: shanghaiDateTime(message.at),
          report_time: shanghaiDateTime(now),
          success: delivered,
          err_code: delivered ? 'DELIVERED' : 'MOBILE_NOT_ON_SERVICE',
          err_msg: delivered ? '用户接收成功' : '手机停机、空号',
          sms_size: '1',
          biz_id: message.id,
          ...(message.echo === null ? {} : { out_id: message.echo }),
        },
      ]),
    }),
    isAcknowledged: ({ status, body }) => status === 200 && parseObject(body)?.['code'] === 0,
  }
}
