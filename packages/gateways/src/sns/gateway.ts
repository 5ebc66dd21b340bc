// Makes the Publish call of Amazon SNS to a phone number, with the query protocol and XML answers. SNS treats a repeat
// as a new message, stores no id of ours and has no life time for a message.
import { Type, type StaticDecode } from '@sinclair/typebox'
import { text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import aws4 from 'aws4'
import { classByCode, meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { codeOutcome, isSuccess, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

const secrets = Type.Object({
  // Without a form: a worker without this gateway may have the AWS variables of another program.
  AWS_ACCESS_KEY_ID: Type.String({ description: 'AWS access key id, such as AKIAIOSFODNN7EXAMPLE' }),
  AWS_SECRET_ACCESS_KEY: Type.String({ description: 'secret: AWS secret access key' }),
  AWS_SESSION_TOKEN: Type.Optional(
    Type.String({ description: 'secret: session token of temporary AWS credentials' }),
  ),
})
const settings = Type.Object({
  // The usual address depends on the region.
  base_url: Type.Optional(
    text(
      '^https?://[^\\s]+$',
      'address of the Amazon SNS API, such as https://sns.ap-southeast-1.amazonaws.com',
    ),
  ),
  region: text('^[a-z0-9-]{4,32}$', 'AWS region from which SNS sends messages, such as ap-southeast-1'),
})
export type SnsOptions = VendorOptions<typeof secrets, typeof settings>

export function createSnsGateway(options: SnsOptions): SmsGateway {
  const { name, region, wordingOf, transport, now = () => new Date() } = options
  const { base_url = `https://sns.${region}.amazonaws.com` } = options
  const url = `${withoutSlash(base_url)}/`

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { sender } = wordingOf(message)
    const body = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      PhoneNumber: message.mobile,
      Message: message.text,
      ...attribute(1, 'AWS.SNS.SMS.SMSType', 'Transactional'),
      ...(sender !== undefined && attribute(2, 'AWS.SNS.SMS.SenderID', sender)),
    }).toString()
    const headers = signSns(options, url, body, now())
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, now())
  }

  return { name, send, recognises: () => false }
}

const attribute = (position: number, name: string, value: string) => ({
  [`MessageAttributes.entry.${position}.Name`]: name,
  [`MessageAttributes.entry.${position}.Value.DataType`]: 'String',
  [`MessageAttributes.entry.${position}.Value.StringValue`]: value,
})

type Account = StaticDecode<typeof secrets> & Pick<SnsOptions, 'region'>

export function signSns(account: Account, url: string, body: string, at: Date) {
  const { region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = account
  const { host, pathname: path } = new URL(url)
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    Host: host,
    'X-Amz-Date': at.toISOString().replace(/[-:]|\.\d+/g, ''),
    ...(account.AWS_SESSION_TOKEN !== undefined && { 'X-Amz-Security-Token': account.AWS_SESSION_TOKEN }),
  }
  const request = { method: 'POST', path, headers, body, service: 'sns', region, doNotModifyHeaders: true }
  const signer = new aws4.RequestSigner(request, { accessKeyId, secretAccessKey })
  // Without this line, aws4 signs the time of its own clock.
  signer.datetime = headers['X-Amz-Date']
  return { ...headers, Authorization: signer.authHeader() }
}

// The outcome class of each error code of Amazon SNS. An unlisted code gets the outcome of the HTTP status.
export const snsCodes = classByCode({
  retry_same: 'Throttled Throttling ThrottlingException',
  ambiguous: 'InternalError InternalServerException',
  number: 'OptedOut InvalidParameter EndpointDisabled',
  number_limit: 'ConflictException',
  config: `ParameterValueInvalid ValidationException AuthorizationError InvalidSecurity UserError
    AccessDeniedException ResourceNotFoundException ServiceQuotaExceededException SignatureDoesNotMatch
    InvalidClientTokenId ExpiredToken RequestExpired`,
})

const MESSAGE_ID = /^[0-9a-f-]{36}$/

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const body = result.body.trim()
  const textOf = (element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(body)?.[1]
  if (isSuccess(result.status)) {
    // A body that was cut off is not an acceptance.
    const id = body.endsWith('</PublishResponse>') ? (textOf('MessageId') ?? '') : ''
    if (!MESSAGE_ID.test(id)) return byTransport
    return { class: 'accepted', code: byTransport.code, ...messageIdIn({ id }, 'id', MESSAGE_ID, message) }
  }
  const code = textOf('Code')
  if (code === undefined) return byTransport
  // SNS has one code for an invalid number and for any other invalid parameter.
  if (code === 'InvalidParameter' && textOf('Message')?.includes('PhoneNumber') !== true)
    return { class: 'config', code }
  return codeOutcome(result.status, byTransport, meaningOf(snsCodes, code, /^[A-Za-z.]{1,64}$/, message))
}

export const sns = defineVendor({
  name: 'sns',
  hasReceipts: false,
  secrets,
  settings,
  words: Type.Object({
    sender: Type.Optional(text('^[0-9A-Za-z]{3,11}$', 'sender id of Amazon SNS, such as Meiduo')),
  }),
  create: createSnsGateway,
})
