// Aliyun's delivery receipt: an unsigned JSON array, proved only by the token in the URL. The acknowledgement needs a
// `code` that is the number 0; the text "0" does not count.
import { shanghaiDateTime } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { callbackUrl } from '../callback-url.ts'
import { parseObject } from '../json.ts'
import type { DeliveryReceipts } from '../vendor.ts'

export function aliyunDeliveryReceipts(config: Config): DeliveryReceipts {
  return {
    buildDeliveryReceipt: (message, { delivered, forged, now }) => ({
      url: callbackUrl(config, 'aliyun', forged),
      headers: { 'content-type': 'application/json;charset=utf-8' },
      body: JSON.stringify([
        {
          phone_number: message.to.replace('+', ''),
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
