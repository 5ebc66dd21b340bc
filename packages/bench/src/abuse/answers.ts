/** The English texts of the API that the campaigns react to, as a stranger reads them. */
export const ANSWERS = {
  captchaWrong: 'The image code is not right',
  proofNeeded: 'A proof of work is needed as well',
  codeWrong: 'The code is not right',
  storeDown: 'Temporarily unavailable, try again',
  bug: 'Internal error',
} as const
