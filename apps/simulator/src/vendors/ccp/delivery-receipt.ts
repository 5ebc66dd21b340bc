// CCP's delivery receipt: unsigned JSON, proved only by the token in the URL. The vendor does not document the form of
// an acknowledgement, so any answer with status 200 counts.
import { shanghaiTimestamp } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { callbackUrl } from '../callback-url.ts'
import type { DeliveryReceipts } from '../vendor.ts'

export function ccpDeliveryReceipts(config: Config): DeliveryReceipts {
  return {
    buildDeliveryReceipt: (message, { delivered, forged, now }) => ({
      url: callbackUrl(config, 'ccp', forged),
      headers: { 'content-type': 'application/json;charset=utf-8' },
      body: JSON.stringify({
        Request: {
          action: 'SMSArrived',
          smsType: '1',
          apiVersion: '2013-12-26',
          content: message.id,
          fromNum: message.to,
          dateSent: shanghaiTimestamp(message.at),
          deliverCode: delivered ? 'DELIVRD' : 'UNDELIV',
          recvTime: shanghaiTimestamp(now),
          status: delivered ? '0' : '1',
          reqId: message.echo ?? '',
          smsCount: '1',
        },
      }),
    }),
    isAcknowledged: ({ status }) => status === 200,
  }
}
