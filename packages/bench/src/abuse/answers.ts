/** The API's English texts that attackers and users react to. */
export const ANSWERS = {
  captchaWrong: 'The image code is not right',
  proofNeeded: 'A proof of work is needed',
  codeWrong: 'The code is not right',
  storeDown: 'Temporarily unavailable, try again',
  bug: 'Internal error',
} as const
