// The vendors' published examples and the output of their own clients, against the simulator's checks.
import { describe, expect, test } from 'vitest'
import { readRpc, readV3 } from '../src/vendors/aliyun/signature.ts'
import { readTc3 } from '../src/vendors/tencent/signature.ts'
import { signTwilio } from '../src/vendors/twilio/receipt.ts'
import { isSignedWebhook, readSecrets } from '../src/vendors/webhook/signature.ts'
import vectors from './fixtures/signatures.json' with { type: 'json' }

describe('Aliyun', () => {
  test.each(['aliyun-rpc-official-dysms', 'aliyun-rpc-official-ecs', 'aliyun-rpc-sendsms-post'] as const)(
    '%s',
    (id) => {
      const { input, expect: wanted } = vectors[id]
      const params = new Map(Object.entries({ ...input.params, Signature: wanted.signature }))
      expect(readRpc(input.method, params).isSignedWith(input.accessKeySecret)).toBe(true)
      expect(readRpc(input.method, params).isSignedWith('another')).toBe(false)
      params.set('Version', '2017-05-26')
      expect(readRpc(input.method, params).isSignedWith(input.accessKeySecret)).toBe(false)
    },
  )

  test.each(['aliyun-acs3-official-doc', 'aliyun-acs3-sendsms-query', 'aliyun-acs3-sendsms-form'] as const)(
    '%s',
    (id) => {
      const { input, expect: wanted } = vectors[id]
      const request = {
        method: 'POST',
        account: '',
        query: new URLSearchParams(Object.entries(input.query)),
        headers: { ...input.headers, authorization: wanted.authorization },
        body: 'body' in input ? input.body : '',
      }
      expect(readV3(request).isSignedWith(input.sk)).toBe(true)
      expect(readV3(request).isSignedWith('another')).toBe(false)
      expect(readV3({ ...request, body: `${request.body} ` }).isSignedWith(input.sk)).toBe(false)
      request.query.set('RegionId', 'elsewhere')
      expect(readV3(request).isSignedWith(input.sk)).toBe(false)
    },
  )
})

describe('Tencent', () => {
  test.each([
    'tencent-tc3-official-2headers',
    'tencent-tc3-older-doc',
    'tencent-tc3-sendsms-3headers',
    'tencent-tc3-sendsms-sdk-shape',
  ] as const)('%s', (id) => {
    const { input, expect: wanted } = vectors[id]
    const names = Object.keys(input.headers).join(';')
    const date = new Date(input.timestamp * 1000).toISOString().slice(0, 10)
    const authorization = `TC3-HMAC-SHA256 Credential=${input.ids}/${date}/${input.service}/tc3_request, SignedHeaders=${names}, Signature=${wanted.signature}`
    const request = {
      method: 'POST',
      account: '',
      query: new URLSearchParams(),
      headers: { ...input.headers, 'x-tc-timestamp': String(input.timestamp), authorization },
      body: input.payload,
    }
    expect(readTc3(request)?.secretId).toBe(input.ids)
    expect(readTc3(request)?.isSignedWith(input.key)).toBe(true)
    expect(readTc3(request)?.isSignedWith('another')).toBe(false)
    expect(readTc3({ ...request, body: '{}' })?.isSignedWith(input.key)).toBe(false)
  })
})

describe('Twilio signs its receipts', () => {
  test.each([
    'twilio-spec-form',
    'twilio-spec-form-443',
    'twilio-spec-http-80',
    'twilio-spec-http-1234',
    'twilio-doc-form',
    'twilio-status-callback',
  ] as const)('%s', (id) => {
    const { input, expect: wanted } = vectors[id]
    expect(signTwilio(input.authToken, input.url, { ...input.params })).toBe(wanted['X-Twilio-Signature'])
  })
})

describe('the webhook', () => {
  test.each(['standard-webhooks-official', 'standard-webhooks-sms'] as const)('%s', (id) => {
    const { input, expect: wanted } = vectors[id]
    const signed = { id: input['webhook-id'], timestamp: input['webhook-timestamp'], body: input.body }
    const secrets = readSecrets(input.secret)
    expect(isSignedWebhook(secrets, wanted['webhook-signature'], signed)).toBe(true)
    expect(isSignedWebhook(secrets, wanted['webhook-signature'], { ...signed, id: 'other' })).toBe(false)
    expect(isSignedWebhook(secrets, wanted['webhook-signature'].replace('v1,', 'v1a,'), signed)).toBe(false)
  })
})
