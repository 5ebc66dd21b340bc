import type { ApiRound } from './api-rounds.ts'
import { perCpuSecond } from './summary.ts'
import type { WorkerRound } from './worker-rounds.ts'

/** Prints the progress on standard error, because standard output is for the report. */
export function createProgress(rounds: number) {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const numbered = (number: number) => (number === 0 ? 'warm-up' : `round ${number}/${rounds}`)
  const others = (share: number) => `others ${(share * 100).toFixed(0)} %`
  return {
    say,
    apiRound: (round: ApiRound, number: number): void => {
      const { variant, successes, seconds, fault } = round
      const figures = `${perCpuSecond(round).toFixed(0)} ok/CPU-s, ${(successes / seconds).toFixed(0)} ok/s`
      say(
        `${numbered(number)} ${variant}: ${fault === null ? figures : `INVALID, ${fault}`}, ${others(round.others)}`,
      )
    },
    workerRound: ({ jobs, serverCpu, seconds, fault, others: share }: WorkerRound, number: number): void => {
      const figures = `${((1e3 * serverCpu) / jobs).toFixed(3)} ms CPU/job, ${(jobs / seconds).toFixed(0)} jobs/s`
      say(`${numbered(number)} worker: ${fault === null ? figures : `INVALID, ${fault}`}, ${others(share)}`)
    },
  }
}
export type Progress = ReturnType<typeof createProgress>
