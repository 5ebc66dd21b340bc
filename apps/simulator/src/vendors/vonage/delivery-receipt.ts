// Vonage's delivery receipt: unsigned JSON, proved only by the token in the URL. It goes to the URL that the message
// named or, without one, to that in the settings of the account.
import type { Config } from '../../config.ts'
import { callbackUrl } from '../callback-url.ts'
import { internationalOf } from '../mobile.ts'
import type { DeliveryReceipts } from '../vendor.ts'

export function vonageDeliveryReceipts(config: Config): DeliveryReceipts {
  return {
    buildDeliveryReceipt(message, { delivered, forged, now }) {
      const time = new Date(now).toISOString()
      return {
        url: (forged ? undefined : message.callback) ?? callbackUrl(config, 'vonage', forged),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          msisdn: internationalOf(message.to).slice(1),
          to: message.sender,
          'network-code': '00000',
          messageId: message.id,
          price: '0.03330000',
          status: delivered ? 'delivered' : 'failed',
          // `yyMMddHHmm`
          scts: time.replaceAll(/\D/g, '').slice(2, 12),
          'err-code': delivered ? '0' : '1',
          'message-timestamp': time.replace('T', ' ').slice(0, 19),
          ...(message.echo === null ? {} : { 'client-ref': message.echo }),
        }),
      }
    },
    isAcknowledged: ({ status }) => status === 200,
  }
}
