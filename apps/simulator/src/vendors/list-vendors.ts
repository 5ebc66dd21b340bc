// Every vendor with the account it knows and the addresses it answers at.
import { createAliyun } from './aliyun/aliyun.ts'
import { createAliyunReceipts } from './aliyun/receipt.ts'
import { createCcp } from './ccp/ccp.ts'
import { createCcpLedger } from './ccp/ledger.ts'
import { createCcpReceipts } from './ccp/receipt.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Outbox } from '../control/outbox.ts'
import { readTemplates } from './templates.ts'
import { createTencentReceipts } from './tencent/receipt.ts'
import { createTencent } from './tencent/tencent.ts'
import { createTwilioReceipts } from './twilio/receipt.ts'
import { createTwilio } from './twilio/twilio.ts'
import type { VendorAddress } from './vendor-route.ts'
import { createWebhookReceipts } from './webhook/receipt.ts'
import { readSecrets } from './webhook/signature.ts'
import { createWebhook } from './webhook/webhook.ts'

export type Vendors = ReturnType<typeof createVendors>

export function createVendors(deps: { clock: Clock; outbox: Outbox }, config: Config) {
  const limits = config.SIMULATOR_VENDOR_LIMITS === 'on'
  const secrets = readSecrets(config.WEBHOOK_SECRETS)
  const callbackUrl = (gateway: string) => (forged: boolean) => callbackUrlOf(config, gateway, forged)

  const ccp = createCcp(
    {
      ...deps,
      ledger: createCcpLedger({ limits }),
      receipts: createCcpReceipts({ callbackUrl: callbackUrl('ccp') }),
    },
    {
      accountSid: config.CCP_ACCOUNT_SID,
      authToken: config.CCP_AUTH_TOKEN,
      appId: config.CCP_APP_ID,
      templates: readTemplates(config.CCP_TEMPLATE_ID, config.CCP_TEMPLATES),
      boundNumbers: config.SIMULATOR_BOUND_NUMBERS.split(',').flatMap((number) => number.trim() || []),
    },
  )
  const aliyun = createAliyun(
    { ...deps, receipts: createAliyunReceipts({ callbackUrl: callbackUrl('aliyun') }) },
    {
      accessKeyId: config.ALIYUN_ACCESS_KEY_ID,
      accessKeySecret: config.ALIYUN_ACCESS_KEY_SECRET,
      signName: config.ALIYUN_SIGN_NAME,
      templates: readTemplates(
        config.ALIYUN_TEMPLATE_CODE,
        config.ALIYUN_TEMPLATES,
        config.ALIYUN_TEMPLATE_MINUTES,
      ),
      limits,
    },
  )
  const tencent = createTencent(
    { ...deps, receipts: createTencentReceipts({ callbackUrl: callbackUrl('tencent') }) },
    {
      secretId: config.TENCENT_SECRET_ID,
      secretKey: config.TENCENT_SECRET_KEY,
      sdkAppId: config.TENCENT_SDK_APP_ID,
      signName: config.TENCENT_SIGN_NAME,
      templates: readTemplates(config.TENCENT_TEMPLATE_ID, config.TENCENT_TEMPLATES),
      limits,
    },
  )
  const twilioAccount = {
    accountSid: config.TWILIO_ACCOUNT_SID,
    authToken: config.TWILIO_AUTH_TOKEN,
    from: config.TWILIO_FROM,
    messagingServiceSid: config.TWILIO_MESSAGING_SERVICE_SID,
  }
  const twilio = createTwilio({ ...deps, receipts: createTwilioReceipts(twilioAccount) }, twilioAccount)
  const webhook = createWebhook(
    { ...deps, receipts: createWebhookReceipts({ secrets, callbackUrl: callbackUrl('webhook') }) },
    { secrets },
  )

  const addresses: VendorAddress[] = [
    { method: 'POST', url: '/2013-12-26/Accounts/:accountSid/SMS/TemplateSMS', vendorOf: () => ccp },
    { method: 'POST', url: '/2010-04-01/Accounts/:accountSid/Messages.json', vendorOf: () => twilio },
    { method: 'GET', url: '/2010-04-01/Accounts/:accountSid/Messages.json', vendorOf: () => twilio },
    { method: 'POST', url: '/webhook', vendorOf: () => webhook },
    {
      method: 'POST',
      url: '/',
      vendorOf: (headers) => (headers['x-tc-action'] === undefined ? aliyun : tencent),
    },
    { method: 'GET', url: ALIYUN_BY_GET, vendorOf: () => aliyun },
  ]
  return { list: [ccp, aliyun, tencent, twilio, webhook], addresses }
}

const ALIYUN_BY_GET = '/aliyun'

/** The demo page and Aliyun share `GET /`; a call to Aliyun names its action in the query. */
export function tellAliyunFromPage(request: {
  method?: string | undefined
  url?: string | undefined
}): string {
  const { method, url = '/' } = request
  return method === 'GET' && /^\/\?([^#]*&)?Action=/.test(url) ? `${ALIYUN_BY_GET}${url.slice(1)}` : url
}

// Nobody but the API and the vendor knows the token, so a forger has another one.
function callbackUrlOf(config: Config, gateway: string, forged: boolean): string {
  const base = (config.PUBLIC_URL || config.API_URL).replace(/\/+$/, '')
  return `${base}/callbacks/${gateway}/${forged ? 'forged-' : ''}${config.CALLBACK_TOKEN}`
}
