import type { Round } from './rounds.ts'
import { perCpuSecond } from './report/summary.ts'

/** Prints the progress on standard error, because standard output is for the report. */
export function createProgress(rounds: number) {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const numbered = (number: number) => (number === 0 ? 'warm-up' : `round ${number}/${rounds}`)
  return {
    say,
    round: (round: Round, number: number): void => {
      const { name, successes, seconds, fault, others } = round
      const figures = `${perCpuSecond(round).toFixed(0)} ok/CPU-s, ${(successes / seconds).toFixed(0)} ok/s`
      const result = fault === null ? figures : `INVALID, ${fault}`
      say(`${numbered(number)} ${name}: ${result}, others ${(others * 100).toFixed(0)} %`)
    },
  }
}
export type Progress = ReturnType<typeof createProgress>
