import { ccpCodes } from './ccp/codes.ts'
import { huaweiCodes } from './huawei/codes.ts'
import { classOfTwilioCode } from './twilio/codes.ts'

/**
 * Tells whether a vendor documents this code. Only vendors are listed whose codes have so many digits that they look like
 * a verification code.
 */
export const isKnownCode = (code: string): boolean =>
  ccpCodes.has(code) || huaweiCodes.has(code) || classOfTwilioCode(code) !== undefined
