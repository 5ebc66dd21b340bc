import { noCodes } from '../code-flow.ts'
import type { Results } from '../run.ts'

/** What was measured but is not valid. The benchmark then ends with the exit code 1. */
export function faultsOf({ summaries, oneCode, steadyLoad, storage, cluster }: Results): string[] {
  const faults = summaries
    .filter(({ invalidRounds }) => invalidRounds > 0)
    .map(({ name, invalidRounds }) => `invalid rounds of ${name}, not counted: ${invalidRounds}`)
  if (steadyLoad !== null && steadyLoad.fault !== null) faults.push(`steady load: ${steadyLoad.fault}`)
  for (const part of [oneCode, ...(storage ?? []), cluster]) {
    const { codes, failed, lost } = part?.tally ?? noCodes()
    if (failed > 0)
      faults.push(`${failed} of ${codes} codes failed, of them lost after the send was accepted: ${lost}`)
  }
  return faults
}
