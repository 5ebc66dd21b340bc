// A Vonage client for the tests.
import type { RawRequest } from './request.ts'

export type VonageSend = {
  fields?: Record<string, unknown>
  user?: string
  secret?: string
  contentType?: string
  body?: string
}

export function vonageRequest(send: VonageSend = {}): RawRequest {
  const credentials = `${send.user ?? 'abcd1234'}:${send.secret ?? 'ExampleApiSecret'}`
  const fields = {
    to: '8613800138000',
    from: 'Demo',
    text: '您的验证码是123456，请于5分钟内正确输入。',
    type: 'unicode',
    'client-ref': 'job-1',
    ...send.fields,
  }
  return {
    path: '/sms/json',
    headers: {
      'content-type': send.contentType ?? 'application/json',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: send.body ?? JSON.stringify(fields),
  }
}
