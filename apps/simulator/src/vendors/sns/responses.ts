// Amazon SNS's responses, which are XML.
import { randomUUID } from 'node:crypto'
import type { VendorAnswer } from '../vendor.ts'

const NAMESPACE = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'
const HEADERS = { 'content-type': 'text/xml' }

const STATUSES: Record<string, number> = {
  AuthorizationError: 403,
  InternalError: 500,
  InvalidClientTokenId: 403,
  InvalidSecurity: 403,
  MissingAuthenticationToken: 403,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttled: 429,
}

/** Clients read the code. SNS has one code for all invalid parameters, so there the text names the parameter. */
export function snsError(code: string, text = 'The request was refused.'): VendorAnswer {
  const status = STATUSES[code] ?? 400
  const type = status < 500 ? 'Sender' : 'Receiver'
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${text}</Message></Error>`
  const id = `<RequestId>${randomUUID()}</RequestId>`
  return { status, headers: HEADERS, body: `<ErrorResponse ${NAMESPACE}>${error}${id}</ErrorResponse>` }
}

export function published(messageId: string): VendorAnswer {
  const result = `<PublishResult><MessageId>${messageId}</MessageId></PublishResult>`
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`
  return {
    status: 200,
    headers: HEADERS,
    body: `<PublishResponse ${NAMESPACE}>${result}${metadata}</PublishResponse>`,
  }
}
