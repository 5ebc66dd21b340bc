import type { Channel } from '../codes/send.ts'

/** What a gateway answered to one call. `class` and `code` are those of the outcome. */
export type GatewayAnswer = {
  tookMs: number
  channel: Channel
  gateway: string
  class: string
  code: string
}

const UNSAFE = /[^A-Za-z0-9._:/+-]/g
/** The longest code of a vendor has 63 letters. */
const MOST_LETTERS = 64

/** A code as a part of an event in the history, whose parts are divided by commas. */
export const historyCode = (code: string) => code.replaceAll(UNSAFE, '_').slice(0, MOST_LETTERS)

/** An answer as the scripts of the code record take it (redis/lua/history.lua); '' for no answer. */
export function answerArg(answer: GatewayAnswer | null | undefined): string {
  if (answer === null || answer === undefined) return ''
  const { tookMs, channel, gateway, class: cls, code } = answer
  return `${Math.max(0, Math.round(tookMs))} ${channel},${gateway},${cls},${historyCode(code)}`
}
