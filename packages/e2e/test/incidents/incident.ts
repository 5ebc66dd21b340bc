import type { Env, Settings } from '../system-env.ts'
import { ops } from '../ops.ts'
import { aMobile, type System } from '../system.ts'

/** For what an incident waits: longer than a worker may take to give up a send. */
export const PATIENCE = { timeout: 40_000 }

/** What a caller of the support tells, and the command of an operator that shows the cause. */
export type Incident = {
  name: string
  /** The words of the caller, or what an operator notices. */
  symptom: string
  /** Brings the incident about. Answers the arguments of the command. */
  arrange: (desk: Desk) => Promise<string[]>
  /** What the output must contain: the cause. */
  shows: readonly RegExp[]
}

/** A send that the test waits for. */
export type Sent = { mobile: string; id: string; status: () => Promise<unknown> }

export type Desk = ReturnType<typeof createDesk>

/** What an incident can do with the system. `cleanUp` ends what it has started. */
export function createDesk(system: System) {
  const cleaners: (() => Promise<unknown>)[] = []

  /** Starts a worker, which runs until the end of the incident. */
  async function startWorker(env: Env = {}, settings: Settings = {}) {
    const worker = await system.startWorker({ SMS_GATEWAYS: 'ccp', ...env }, settings)
    cleaners.push(() => worker.process.stop())
    return worker
  }

  async function request(mobile: string, more: object = {}, base?: string) {
    const { status, body } = await system.post(
      '/v1/sms_codes',
      { mobile, ...(await system.captcha()), ...more },
      base,
    )
    const { request_id } = body
    return { httpStatus: status, id: typeof request_id === 'string' ? request_id : '' }
  }

  /** Requests a code for a new phone, which must be accepted. */
  async function send(more: object = {}, mobile = aMobile(), base?: string): Promise<Sent> {
    const { httpStatus, id } = await request(mobile, more, base)
    if (httpStatus !== 202) throw new Error(`the send was answered with ${httpStatus}`)
    const status = async () => (await system.call(`/v1/sms_codes/${id}`)).body['status']
    return { mobile, id, status }
  }

  return {
    system,
    startWorker,
    request,
    send,
    ops: (...args: string[]) => ops(system, ...args),
    /** Runs this at the end of the incident. */
    later: (clean: () => Promise<unknown>) => void cleaners.push(clean),
    async cleanUp(): Promise<void> {
      for (const clean of cleaners.splice(0).toReversed()) await clean()
      await system.resetSimulator()
    },
  }
}
