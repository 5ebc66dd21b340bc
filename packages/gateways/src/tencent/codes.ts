// Lists the outcome class of each result code of Tencent Cloud SMS, for a number or for the whole call. The part
// before the dot is the family. An unlisted code gets the class of its family, if listed, or `switch_now`.
import { classByCode } from '../code-table.ts'
import type { OutcomeClass } from '../gateway.ts'

const classes = classByCode({
  accepted: 'Ok',
  retry_same: 'RequestLimitExceeded',
  switch_now: 'ServiceUnavailable ResourceUnavailable',
  ambiguous: `InternalError InternalError.OtherError InternalError.UnknownError
    InternalError.SendAndRecvFail InternalError.Timeout`,
  number: 'FailedOperation.PhoneNumberInBlacklist InvalidParameterValue.IncorrectPhoneNumber',
  number_limit: `LimitExceeded.DeliveryFrequencyLimit LimitExceeded.PhoneNumberDailyLimit
    LimitExceeded.PhoneNumberOneHourLimit LimitExceeded.PhoneNumberSameContentDailyLimit
    LimitExceeded.PhoneNumberThirtySecondLimit`,
  template: `FailedOperation.ContainSensitiveWord FailedOperation.MarketingSendTimeConstraint
    FailedOperation.SignatureIncorrectOrUnapproved FailedOperation.TemplateIncorrectOrUnapproved
    FailedOperation.TemplateParamSetNotMatchApprovedTemplate FailedOperation.TemplateUnapprovedOrNotExist
    InvalidParameterValue.ContentLengthLimit InvalidParameterValue.ProhibitedUseUrlInTemplateParameter
    InvalidParameterValue.TemplateParameterFormatError InvalidParameterValue.TemplateParameterLengthLimit`,
  // Serivce and Unsuported are Tencent's own spellings.
  config: `LimitExceeded.AppCountryOrRegionDailyLimit LimitExceeded.AppCountryOrRegionInBlacklist
    LimitExceeded.AppDailyLimit LimitExceeded.AppGlobalDailyLimit LimitExceeded.AppMainlandChinaDailyLimit
    LimitExceeded.DailyLimit LimitExceeded.PhoneNumberCountLimit FailedOperation.FailResolvePacket
    FailedOperation.JsonParseFail FailedOperation.InsufficientBalanceInSmsPackage
    InvalidParameterValue.SdkAppIdNotExist UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny
    UnauthorizedOperation.RequestIpNotInWhitelist UnauthorizedOperation.RequestPermissionDeny
    UnauthorizedOperation.SdkAppIdIsDisabled UnauthorizedOperation.SerivceSuspendDueToArrears
    UnauthorizedOperation.SmsSdkAppIdVerifyFail UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone
    UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber
    UnsupportedOperation.GlobalTemplateToChineseMainlandPhone UnsupportedOperation.UnsuportedRegion
    InternalError.RestApiInterfaceNotExist InternalError.SigFieldMissing InternalError.SigVerificationFail
    InternalError.RequestTimeException AuthFailure IpInBlacklist IpNotInWhitelist InvalidAction InvalidRequest
    InvalidParameter MissingParameter MissingParameter.EmptyPhoneNumberSet UnknownParameter NoSuchVersion
    UnsupportedProtocol UnsupportedRegion`,
})

export const isKnownTencentCode = (code: string) => listed(code) !== undefined

export const classOfTencentCode = (code: string): OutcomeClass => listed(code) ?? 'switch_now'

function listed(code: string): OutcomeClass | undefined {
  const [family = ''] = code.split('.')
  // Only the exact code Ok is an acceptance. A code such as Ok.Other does not get the class of Ok.
  return classes.get(code) ?? (family === 'Ok' ? undefined : classes.get(family))
}
