// Huawei Cloud's delivery receipt: an unsigned form, proved only by the token in the URL. It goes to the URL that the
// message named or, without one, to that in the settings of the account.
import type { Config } from '../../config.ts'
import { callbackUrl } from '../callback-url.ts'
import { internationalOf } from '../mobile.ts'
import type { DeliveryReceipts } from '../vendor.ts'
import { huaweiTime } from './responses.ts'

export function huaweiDeliveryReceipts(config: Config): DeliveryReceipts {
  return {
    buildDeliveryReceipt: (message, { delivered, forged, now }) => ({
      url: (forged ? undefined : message.callback) ?? callbackUrl(config, 'huawei', forged),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        smsMsgId: message.id,
        total: '1',
        sequence: '1',
        status: delivered ? 'DELIVRD' : 'UNDELIV',
        source: '2',
        updateTime: huaweiTime(now),
        orgCode: delivered ? '000' : 'MK:0012',
        ...(message.echo === null ? {} : { extend: message.echo }),
        to: internationalOf(message.to),
      }).toString(),
    }),
    isAcknowledged: ({ status }) => status === 200,
  }
}
