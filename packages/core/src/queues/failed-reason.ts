// Defines the text that BullMQ keeps as `failedReason` of a send's job, such as
// `number: aliyun isv.MOBILE_NUMBER_ILLEGAL`. It contains our own reason, and the name and the code of the last answer of
// a gateway if there was an answer.

/** @param answer `<gateway> <code>`, `<gateway>` or '' */
export const failedReason = (reason: string, answer: string): string =>
  answer === '' ? reason : `${reason}: ${answer}`

const FORM = /^(?<reason>[a-z_]{1,20})(?:: (?<gateway>[a-z][a-z0-9_-]{0,31})(?: (?<code>[\w.:-]{1,64}))?)?$/

/** The parts of such a text, each '' if absent. Null for another text. */
export function readFailedReason(text: string): { reason: string; gateway: string; code: string } | null {
  const groups = FORM.exec(text)?.groups
  if (groups === undefined) return null
  const { reason = '', gateway = '', code = '' } = groups
  return { reason, gateway, code }
}
