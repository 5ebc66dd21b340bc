// CCP's delivery receipt: JSON, unsigned; only the secret in the address speaks for it. How an acknowledgement must
// look is not documented, so any 200 will do.
import { shanghaiTimestamp } from '../../clock.ts'
import type { Receipts } from '../vendor.ts'

export function createCcpReceipts(options: { callbackUrl: (forged: boolean) => string }): Receipts {
  return {
    push: (message, { delivered, forged, now }) => ({
      url: options.callbackUrl(forged),
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
