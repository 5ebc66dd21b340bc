import type { Policy } from './policy-schema.ts'

/** Whether the codes of a scene may go by e-mail. */
export const fallsBack = ({ scenes }: Pick<Policy, 'scenes'>): boolean =>
  Object.values(scenes).some(({ fallback }) => fallback === true)

/** What the scenes allow on the e-mail channel. */
export function fallbackRules({ scenes }: Pick<Policy, 'scenes'>) {
  return {
    mayFallBack: (scene: string) => scenes[scene]?.fallback === true,
    /** Milliseconds to wait for a delivery receipt; null if the scene does not wait for receipts. */
    receiptWithinMs: (scene: string) => {
      const seconds = scenes[scene]?.receipt_within
      return seconds === undefined ? null : seconds * 1000
    },
  }
}
export type FallbackRules = ReturnType<typeof fallbackRules>
