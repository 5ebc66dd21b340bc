// Tencent's delivery receipt: an unsigned JSON array, proved only by the token in the URL. It has no SessionContext,
// which Tencent adds only for customers that asked its support for it.
import { shanghaiDateTime } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { callbackUrl } from '../callback-url.ts'
import { parseObject } from '../json.ts'
import { internationalOf, splitNumber } from '../mobile.ts'
import type { DeliveryReceipts } from '../vendor.ts'

export function tencentDeliveryReceipts(config: Config): DeliveryReceipts {
  return {
    buildDeliveryReceipt(message, { delivered, forged, now }) {
      const { callingCode, national } = splitNumber(internationalOf(message.to))
      return {
        url: callbackUrl(config, 'tencent', forged),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([
          {
            user_receive_time: shanghaiDateTime(now),
            nationcode: callingCode,
            mobile: national,
            report_status: delivered ? 'SUCCESS' : 'FAIL',
            errmsg: delivered ? 'DELIVRD' : 'UNDELIV',
            description: delivered ? '用户短信送达成功' : '用户短信接收失败',
            sid: message.id,
          },
        ]),
      }
    },
    isAcknowledged: ({ status, body }) => status === 200 && parseObject(body)?.['result'] === 0,
  }
}
