// What the scenes of a policy need in the environment of a worker.
import { fallsBack } from './fallback-rules.ts'
import type { PolicyCheck } from './load.ts'

/** A worker that processes all queues needs a mail server if codes may go by e-mail. */
export const checkMailServer: PolicyCheck<{ SMTP_URL: unknown }> = (policy, { SMTP_URL }) => [
  SMTP_URL === undefined && fallsBack(policy) && 'SMTP_URL: is missing (a scene falls back to e-mail)',
]

export const checkCallbacks: PolicyCheck<{ CALLBACK_TOKEN: unknown }> = ({ scenes }, { CALLBACK_TOKEN }) => [
  CALLBACK_TOKEN === undefined &&
    Object.values(scenes).some((scene) => scene.receipt_within !== undefined) &&
    'CALLBACK_TOKEN: is missing (a scene waits for delivery receipts)',
]
