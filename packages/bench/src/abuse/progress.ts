type Attacked = { attempts: number; paid: number; guesses: number }
type Crowded = { refused: number; messages: number }

/** Prints the progress on standard error, because standard output is for the report. */
export function createProgress() {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  return {
    say,
    hour: (name: string, hour: number, attacked: Attacked, crowded: Crowded): void => {
      const { attempts, paid, guesses } = attacked
      say(
        `campaign ${name}, hour ${hour}: attempts ${attempts}, paid ${paid}, guesses ${guesses}; ` +
          `ordinary users sent ${crowded.messages}, refused ${crowded.refused}`,
      )
    },
  }
}
export type Progress = ReturnType<typeof createProgress>
