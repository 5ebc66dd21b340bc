import type { Send } from './accounting.ts'

const EVERY_MS = 5_000

export type Progress = ReturnType<typeof createProgress>

/** Prints the progress on standard error, because standard output is for the report. */
export function createProgress(drills: number) {
  let number = 0
  let name = ''
  let phase = ''
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const at = () => `[${number}/${drills}] ${name}`
  return {
    say,
    begin(drill: { name: string; title: string }): void {
      number += 1
      name = drill.name
      say(`${at()}: ${drill.title}; the service starts`)
    },
    phase(next: string): void {
      phase = next
      say(`${at()}: ${phase}`)
    },
    /** Prints the counts from time to time, until the returned function is called. */
    watch(load: { sends: () => Send[]; pending: () => Send[] }): () => void {
      const timer = setInterval(() => {
        const sends = load.sends()
        const count = (matches: (send: Send) => boolean) => sends.filter(matches).length
        const accepted = count(({ answer }) => answer === 'accepted')
        const verified = count((send) => send.verified === 'yes')
        say(
          `${at()}, ${phase}: asked ${sends.length}, accepted ${accepted}, waiting ${load.pending().length}, ` +
            `verified ${verified}`,
        )
      }, EVERY_MS)
      return () => clearInterval(timer)
    },
    end({ breaches }: { breaches: readonly string[] }): void {
      say(`${at()}: ${breaches.length === 0 ? 'kept its promises' : `BROKEN: ${breaches.join('; ')}`}`)
    },
  }
}
