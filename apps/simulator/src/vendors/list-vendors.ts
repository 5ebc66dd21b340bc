// Every simulated vendor and the endpoint at which it answers.
import type { IncomingHttpHeaders } from 'node:http'
import { createAliyun } from './aliyun/vendor.ts'
import { createCcp } from './ccp/vendor.ts'
import { createHuawei } from './huawei/vendor.ts'
import { createSiteverify } from './siteverify/vendor.ts'
import { createSns } from './sns/vendor.ts'
import { createTencent } from './tencent/vendor.ts'
import { createTwilio } from './twilio/vendor.ts'
import type { VendorEndpoint } from './vendor-routes.ts'
import type { VendorDeps } from './vendor.ts'
import { createVonage } from './vonage/vendor.ts'
import { createWebhook } from './webhook/vendor.ts'

const ALIYUN_GET = '/aliyun'

export function createVendors(deps: VendorDeps) {
  const ccp = createCcp(deps)
  const aliyun = createAliyun(deps)
  const tencent = createTencent(deps)
  const twilio = createTwilio(deps)
  const huawei = createHuawei(deps)
  const vonage = createVonage(deps)
  const sns = createSns(deps)
  const webhook = createWebhook(deps)
  const siteverify = createSiteverify(deps)

  // The cloud vendors differ in their hosts only, so here they share a URL. A call of SNS has a header of AWS.
  function vendorAtRoot(headers: IncomingHttpHeaders) {
    if (headers['x-tc-action'] !== undefined) return tencent
    return headers['x-amz-date'] === undefined ? aliyun : sns
  }

  const endpoints: VendorEndpoint[] = [
    { method: 'POST', url: '/2013-12-26/Accounts/:accountSid/SMS/TemplateSMS', vendorOf: () => ccp },
    { method: 'POST', url: '/2010-04-01/Accounts/:accountSid/Messages.json', vendorOf: () => twilio },
    { method: 'GET', url: '/2010-04-01/Accounts/:accountSid/Messages.json', vendorOf: () => twilio },
    { method: 'POST', url: '/webhook', vendorOf: () => webhook },
    { method: 'POST', url: '/sms/batchSendSms/v1', vendorOf: () => huawei },
    { method: 'POST', url: '/sms/json', vendorOf: () => vonage },
    { method: 'POST', url: '/siteverify', vendorOf: () => siteverify },
    { method: 'POST', url: '/', vendorOf: vendorAtRoot },
    { method: 'GET', url: ALIYUN_GET, vendorOf: () => aliyun },
  ]
  return { list: [ccp, aliyun, tencent, twilio, huawei, vonage, sns, webhook, siteverify], endpoints }
}

/** Rewrites the URL of Aliyun's GET calls: they share `GET /` with the demo page, but name an action in the query. */
export function separateAliyunFromPage(request: {
  method?: string | undefined
  url?: string | undefined
}): string {
  const { method, url = '/' } = request
  return method === 'GET' && /^\/\?([^#]*&)?Action=/.test(url) ? `${ALIYUN_GET}${url.slice(1)}` : url
}
