// How Tencent Cloud says no, always on status 200: an error of the call, or a code beside each number.
import { randomUUID } from 'node:crypto'
import type { VendorAnswer } from '../vendor.ts'

const TEXTS: Record<string, string> = {
  'AuthFailure.InvalidAuthorization': 'The authorization header is malformed.',
  'AuthFailure.SecretIdNotFound': 'The SecretId is not found, please ensure that your SecretId is correct.',
  'AuthFailure.SignatureExpire': 'Signature expired.',
  'AuthFailure.SignatureFailure': 'The provided credentials could not be validated.',
  'FailedOperation.JsonParseFail': 'json parse fail',
  'FailedOperation.SignatureIncorrectOrUnapproved': 'signature is incorrect or unapproved',
  'FailedOperation.TemplateIncorrectOrUnapproved': 'template is incorrect or unapproved',
  'FailedOperation.TemplateParamSetNotMatchApprovedTemplate': 'params do not match the approved template',
  InvalidAction: 'The request action is invalid.',
  'InvalidParameterValue.IncorrectPhoneNumber': 'incorrect phone number',
  'InvalidParameterValue.TemplateParameterFormatError': 'template params must be digits',
  'InvalidParameterValue.TemplateParameterLengthLimit': 'template params are too long',
  'LimitExceeded.PhoneNumberDailyLimit':
    'the number of messages to this number today exceeds the upper limit',
  'LimitExceeded.PhoneNumberThirtySecondLimit':
    'the number of SMS messages sent from a single mobile number within 30 seconds exceeds the upper limit',
  'MissingParameter.EmptyPhoneNumberSet': 'PhoneNumberSet is empty',
  NoSuchVersion: 'The api version is not found.',
  'UnauthorizedOperation.SmsSdkAppIdVerifyFail': 'SmsSdkAppId verify fail',
}

export type NumberStatus = { number: string; sessionContext: string; code: string; serialNo?: string }

export function callError(code: string, text = TEXTS[code] ?? code): VendorAnswer {
  return response({ Error: { Code: code, Message: text } })
}

export function sendStatuses(statuses: readonly NumberStatus[]): VendorAnswer {
  return response({
    SendStatusSet: statuses.map(({ number, sessionContext, code, serialNo = '' }) => ({
      SerialNo: serialNo,
      PhoneNumber: number,
      Fee: code === 'Ok' ? 1 : 0,
      SessionContext: sessionContext,
      Code: code,
      Message: code === 'Ok' ? 'send success' : (TEXTS[code] ?? code),
      IsoCode: number.startsWith('+86') ? 'CN' : '',
    })),
  })
}

export function response(fields: Record<string, unknown>): VendorAnswer {
  return { status: 200, body: { Response: { ...fields, RequestId: randomUUID() } } }
}
