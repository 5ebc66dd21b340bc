import type { FastifyReply } from 'fastify'
import { RETCODE } from './answers.ts'

const retcodes = new WeakMap<FastifyReply, string>()

/** Notes the RETCODE of an answer that is not a success, for metrics, traces and replays. */
export function noteRetcode(reply: FastifyReply, retcode: string): void {
  retcodes.set(reply, retcode)
}

export const retcodeOf = (reply: FastifyReply): string => retcodes.get(reply) ?? RETCODE.OK
