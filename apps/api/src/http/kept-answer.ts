/**
 * Parts of the answer to a send. In a kept answer, the control character i + 1 replaces part i, and the character 0 the
 * pseudonym of the phone. The text of an answer contains no control characters. Answers are kept for half a day, so no
 * part may change or move.
 */
const PARTS = [
  '202 0 {"code":"0","errmsg":"发送短信成功","request_id":"',
  '202 0 {"code":"0","errmsg":"The code is on its way","request_id":"',
  '","resend_after":60,"expires_in":300}',
  '","resend_after":',
  ',"expires_in":',
]

/** The first answer to an idempotency key. `body` is its JSON text. */
export type KeptAnswer = { status: number; retcode: string; body: string }

/**
 * Writes an answer as a short text: of the usual answer to a send it has 26 characters, and Redis needs 152 bytes for
 * the encrypted text under its key, instead of 616 for a hash with the whole answer.
 * @param ph the pseudonym of the phone, which the request id of an answer begins with
 */
export function shorten({ status, retcode, body }: KeptAnswer, ph: string): string {
  const text = `${status} ${retcode} ${body}`
  return [ph, ...PARTS].reduce((short, part, i) => short.replaceAll(part, String.fromCharCode(i)), text)
}

/** Reads a text of `shorten`. */
export function lengthen(short: string, ph: string): KeptAnswer {
  const text = [ph, ...PARTS].reduce((long, part, i) => long.replaceAll(String.fromCharCode(i), part), short)
  const [, status = '', retcode = '', body = ''] = /^([0-9]+) ([0-9]+) (.*)$/s.exec(text) ?? []
  return { status: Number(status), retcode, body }
}
