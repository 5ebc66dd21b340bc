// A reporter of Vitest for .ci/run. It writes the test files that failed to `.data/second-run`, one per line, and .ci/run
// runs them a second time with nothing beside them, because a busy machine can be too late for a test. Such a test has to
// be mended. It writes no file if a second run could hide a fault:
// - a property failed, and the second run would try other values;
// - a file of e2e-alone failed, beside which nothing ran;
// - more than three files failed, so the change is at fault and not the machine;
// - an error was outside of the tests, or a file did not end.
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

const MOST_FILES = 3

const isUnfinished = (file: TestModule) =>
  ['queued', 'pending'].includes(file.state()) || !file.children.allTests('pending').next().done

const errorsOf = (file: TestModule) =>
  [...file.children.allTests('failed')].flatMap((test) => test.result().errors ?? [])

const isFinal = (file: TestModule) =>
  file.project.name === 'e2e-alone' ||
  errorsOf(file).some(({ message }) => message.startsWith('Property failed'))

export default function createReporter(): Reporter {
  return {
    onTestRunEnd(files, unhandledErrors) {
      const failed = files.filter((file) => file.state() === 'failed')
      const isWide = failed.length > MOST_FILES || unhandledErrors.length > 0 || files.some(isUnfinished)
      if (isWide || failed.some(isFinal)) return
      mkdirSync('.data', { recursive: true })
      writeFileSync(
        '.data/second-run',
        failed.map(({ relativeModuleId }) => `${relativeModuleId}\n`).join(''),
      )
    },
  }
}
