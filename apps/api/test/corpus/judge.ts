import { ANSWERS } from '../../src/http/answers.ts'
import { MOBILE, UUID, type Expected } from './cross.ts'
import type { RawAnswer } from './raw-http.ts'

const MOST_BYTES = 300
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
const FIELDS = new Set(['code', 'errmsg', 'retry_after', 'attempts_left'])

/** Describes the faults of an answer; empty for a right one. */
export function judge(answer: RawAnswer, [status, code]: Expected, needle: string): string[] {
  const { headers, body } = answer
  // The documentation contains an example of a number.
  if (code === 'page') return answer.status === status ? [] : [`status ${answer.status} instead of ${status}`]
  const text = body.toString()
  const faults: string[] = []
  const check = (ok: boolean, fault: string) => {
    if (!ok) faults.push(fault)
  }
  check(answer.status === status, `status ${answer.status} instead of ${status}`)
  const said = [text, ...headers.values()].join('\n')
  for (const secret of [MOBILE, UUID, needle])
    check(secret.length < 5 || !said.includes(secret), `repeats ${JSON.stringify(secret.slice(0, 40))}`)
  if (code === 'image') check(body.subarray(1, 4).toString() === 'PNG', `no picture: ${text.slice(0, 80)}`)
  else if (code === 'empty') check(body.length === 0, `a body: ${text.slice(0, 80)}`)
  else if (code === 'node') check(text === '' || text === '0\r\n\r\n', `a body: ${text.slice(0, 80)}`)
  else faults.push(...judgeEnvelope(answer, text, code))
  return faults
}

/** @param text the body of the answer */
function judgeEnvelope({ headers, body }: RawAnswer, text: string, code: string): string[] {
  const envelope = toRecord(text)
  if (envelope === null) return [`no envelope: ${text.slice(0, 80)}`]
  const faults = Object.entries(HEADERS).flatMap(([name, value]) =>
    headers.get(name) === value ? [] : [`${name}: ${headers.get(name)}`],
  )
  if (envelope['code'] !== code) faults.push(`code ${String(envelope['code'])} instead of ${code}`)
  const texts = Object.values(ANSWERS).flatMap((row) =>
    row.code === envelope['code'] ? [row.zh, row.en] : [],
  )
  if (!texts.some((known) => known === envelope['errmsg'])) faults.push('an unknown errmsg')
  if (code === '0') return faults
  if (body.length > MOST_BYTES) faults.push(`${body.length} bytes`)
  const more = Object.keys(envelope).filter((name) => !FIELDS.has(name))
  if (more.length > 0) faults.push(`more fields: ${more.join()}`)
  const wait = envelope['retry_after']
  if (code === '4002' && !(Number(wait) > 0 && headers.get('retry-after') === String(wait)))
    faults.push('no time to wait')
  // A malformed code is not a guess, so its answer names no number of guesses.
  const left = envelope['attempts_left']
  if (left !== undefined && !(code === '4008' && Number.isInteger(left)))
    faults.push('no number of guesses that are left')
  return faults
}

function toRecord(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? { ...json } : null
  } catch {
    return null
  }
}
