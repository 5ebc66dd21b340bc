// Lists the outcome class of each error code of Amazon SNS. An unlisted code gets the outcome of the HTTP status.
import { classByCode } from '../code-table.ts'

export const snsCodes = classByCode({
  retry_same: 'Throttled Throttling ThrottlingException',
  ambiguous: 'InternalError InternalServerException',
  number: 'OptedOut InvalidParameter EndpointDisabled',
  number_limit: 'ConflictException',
  config: `ParameterValueInvalid ValidationException AuthorizationError InvalidSecurity UserError
    AccessDeniedException ResourceNotFoundException ServiceQuotaExceededException SignatureDoesNotMatch
    InvalidClientTokenId ExpiredToken RequestExpired`,
})
