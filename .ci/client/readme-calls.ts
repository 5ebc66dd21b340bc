// The calls of README.md, typed by what openapi-typescript makes of docs/openapi.json. .ci/check-api generates
// dist/api.ts, compiles this file and never runs it.
import type { components, operations } from './dist/api.ts'

type Id = keyof operations
type Json<T> = T extends { content: { 'application/json': infer Value } } ? Value : never
type Body<Name extends Id> = operations[Name] extends { requestBody: infer Given } ? Json<Given> : undefined
type Answer<Name extends Id> = {
  [Status in keyof operations[Name]['responses']]: {
    status: Status
    body: Json<operations[Name]['responses'][Status]>
  }
}[keyof operations[Name]['responses']]

declare function call<Name extends Id>(id: Name, body: Body<Name>): Promise<Answer<Name>>
declare function show(text: string, seconds?: number): void

/** A send and a verify need no scene. A refusal may have a time to wait. */
export async function signUp(mobile: string, image_code: string, uuid: string): Promise<string | undefined> {
  const sent = await call('sendCode', { mobile, image_code, uuid })
  if (sent.status !== 202) {
    const refused: components['schemas']['Envelope'] = sent.body
    // @ts-expect-error The time may be absent.
    const wait: number = refused.retry_after
    show(refused.errmsg, wait)
    return undefined
  }
  const { request_id, resend_after } = sent.body
  show(sent.body.errmsg, resend_after)
  const { status, body } = await call('getStatus', undefined)
  if (status === 200 && (body.status === 'failed' || body.channel === 'email')) show(body.times.failed ?? '')
  const verified = await call('verifyCode', { mobile, sms_code: '123456', request_id })
  return verified.status === 200 ? verified.body.receipt : undefined
}

/** The classic call tells a success from a refusal by `code` alone. */
export async function classic(): Promise<number | undefined> {
  const { status, body } = await call('classicSendCode', undefined)
  return status === 200 && body.code === '0' ? body.resend_after : undefined
}

/** A back end sends for a user, redeems a receipt, and stores and erases a contact. */
export async function backEnd(mobile: string, receipt: string): Promise<'sms' | 'email' | undefined> {
  await call('sendCode', {
    mobile,
    scene: 'register',
    client_address: '203.0.113.7',
    limit_key: 'session-4711',
  })
  await call('putContact', { email: 'owner@example.com', verified_at: '2026-01-01' })
  const erased = await call('erasePhone', undefined)
  if (erased.status === 200) show(erased.body.erased.join())
  // @ts-expect-error A receipt is for one scene, which the back end must name.
  await call('redeemReceipt', { receipt })
  const redeemed = await call('redeemReceipt', { receipt, scene: 'login', mobile })
  return redeemed.status === 200 ? redeemed.body.assurance : undefined
}
