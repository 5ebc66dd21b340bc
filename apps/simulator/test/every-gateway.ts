// One valid request to each vendor and patterns of its answers, for tests that run against all vendors.
import { aliyunRpc } from './requests/aliyun.ts'
import { huaweiRequest } from './requests/huawei.ts'
import type { RawRequest } from './requests/request.ts'
import { snsRequest } from './requests/sns.ts'
import { tencentRequest } from './requests/tencent.ts'
import { twilioRequest } from './requests/twilio.ts'
import { vonageRequest } from './requests/vonage.ts'
import { webhookRequest } from './requests/webhook.ts'
import { ccpRequest } from './running-simulator.ts'

export type GatewayCase = {
  gateway: string
  request: () => RawRequest
  /** The answer to an accepted message. */
  accepted: { status: number; body: RegExp }
  refusals: { fault: string; status: number; body: RegExp }[]
  /** The answer to a body that is too large to be read. */
  unreadable: { status: number; body: RegExp }
}

export const EVERY_GATEWAY: GatewayCase[] = [
  {
    gateway: 'ccp',
    request: () => ccpRequest({}),
    accepted: { status: 200, body: /^\{"statusCode":"000000"/ },
    unreadable: { status: 200, body: /"statusCode":"160031"/ },
    refusals: [{ fault: '160014', status: 200, body: /"statusCode":"160014"/ }],
  },
  {
    gateway: 'aliyun',
    request: () => aliyunRpc(),
    accepted: { status: 200, body: /^\{"Code":"OK"/ },
    unreadable: { status: 400, body: /"Code":"InvalidParameter"/ },
    refusals: [
      { fault: 'isv.AMOUNT_NOT_ENOUGH', status: 200, body: /"Code":"isv.AMOUNT_NOT_ENOUGH"/ },
      { fault: 'isp.SYSTEM_ERROR', status: 200, body: /"Code":"isp.SYSTEM_ERROR"/ },
      { fault: 'Throttling.User', status: 400, body: /"Code":"Throttling.User".*"HostId"/ },
      { fault: 'InternalError', status: 500, body: /"Code":"InternalError"/ },
      { fault: 'ServiceUnavailable', status: 503, body: /"Code":"ServiceUnavailable"/ },
    ],
  },
  {
    gateway: 'tencent',
    request: () => tencentRequest(),
    accepted: { status: 200, body: /"Code":"Ok"/ },
    unreadable: { status: 200, body: /"Code":"RequestSizeLimitExceeded"/ },
    refusals: [
      {
        fault: 'LimitExceeded.PhoneNumberDailyLimit',
        status: 200,
        body: /"SendStatusSet":\[\{"SerialNo":"","PhoneNumber":"\+8613800138000".*"SessionContext":"job-1","Code":"LimitExceeded.PhoneNumberDailyLimit"/,
      },
      { fault: 'InternalError.Timeout', status: 200, body: /"Error":\{"Code":"InternalError.Timeout"/ },
      { fault: 'RequestLimitExceeded', status: 200, body: /"Error":\{"Code":"RequestLimitExceeded"/ },
    ],
  },
  {
    gateway: 'twilio',
    request: () => twilioRequest(),
    accepted: { status: 201, body: /"status":"queued"/ },
    unreadable: { status: 400, body: /"code":20001/ },
    refusals: [
      { fault: '21211', status: 400, body: /"code":21211/ },
      { fault: '20003', status: 401, body: /"code":20003/ },
      { fault: '20429', status: 429, body: /"code":20429/ },
      { fault: '20500', status: 500, body: /"code":20500/ },
    ],
  },
  {
    gateway: 'huawei',
    request: () => huaweiRequest(),
    accepted: { status: 200, body: /"code":"000000"/ },
    unreadable: { status: 400, body: /"code":"E000000"/ },
    refusals: [
      {
        fault: 'E200028',
        status: 200,
        body: /"originTo":"\+8613800138000".*"status":"E200028".*"code":"E000510"/,
      },
      { fault: 'E000503', status: 400, body: /"code":"E000503"/ },
      { fault: 'E000112', status: 403, body: /"code":"E000112"/ },
    ],
  },
  {
    gateway: 'vonage',
    request: () => vonageRequest(),
    accepted: { status: 200, body: /"status":"0"/ },
    unreadable: { status: 200, body: /"status":"3"/ },
    refusals: [
      { fault: '1', status: 200, body: /"status":"1","error-text":"Throughput Rate Exceeded"/ },
      { fault: '5', status: 200, body: /"status":"5"/ },
    ],
  },
  {
    gateway: 'sns',
    request: () => snsRequest(),
    accepted: {
      status: 200,
      body: /^<PublishResponse .*<MessageId>[\da-f-]{36}<\/MessageId>.*<\/PublishResponse>$/,
    },
    unreadable: { status: 400, body: /<Code>InvalidParameter<\/Code>/ },
    refusals: [
      {
        fault: 'OptedOut',
        status: 400,
        body: /^<ErrorResponse .*<Code>OptedOut<\/Code>.*<\/ErrorResponse>$/,
      },
      { fault: 'Throttled', status: 429, body: /<Code>Throttled<\/Code>/ },
      { fault: 'AuthorizationError', status: 403, body: /<Code>AuthorizationError<\/Code>/ },
      { fault: 'InternalError', status: 500, body: /<Type>Receiver<\/Type><Code>InternalError<\/Code>/ },
    ],
  },
  {
    gateway: 'webhook',
    request: () => webhookRequest(),
    accepted: { status: 200, body: /^\{"id":/ },
    unreadable: { status: 400, body: /error/ },
    refusals: [
      { fault: '410', status: 410, body: /error/ },
      { fault: 'number', status: 422, body: /"class":"number"/ },
      { fault: 'config', status: 422, body: /"class":"config"/ },
    ],
  },
]
