// Runs the test files that failed once more, with nothing beside them: .ci/run calls it with the JSON report of the
// first run. A busy machine can be too late for a test, which then passes here. The output names each such test,
// because it has to be mended. These failures are final:
// - files of e2e-alone: nothing ran beside them in the first run either;
// - a property: the second run would try other values;
// - more than three files: then the change is at fault, and not the machine.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ALONE } from '../vitest.config.ts'

const MOST_FILES = 3

const Test = Type.Object({
  fullName: Type.String(),
  status: Type.String(),
  failureMessages: Type.Optional(Type.Array(Type.String())),
})
const Report = Type.Object({
  testResults: Type.Array(
    Type.Object({ name: Type.String(), status: Type.String(), assertionResults: Type.Array(Test) }),
  ),
})

const report = Value.Parse(Report, JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))
const failed = report.testResults.filter(({ status }) => status === 'failed')
const files = failed.map(({ name }) => relative(process.cwd(), name))
const tests = failed.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed'))
const reasons = tests.flatMap(({ failureMessages = [] }) => failureMessages).join('\n')

const isWide = files.length === 0 || files.length > MOST_FILES
if (isWide || files.some((file) => ALONE.includes(file)) || reasons.includes('Property failed')) {
  console.log('These failures are final: no test file runs again.')
  process.exit(1)
}
console.log(`These files run again, with nothing beside them: ${files.join(', ')}`)
const { status } = spawnSync('npm', ['test', '--', '--no-file-parallelism', ...files], { stdio: 'inherit' })
const names = tests.map(({ fullName }) => fullName).join('\n')
if (status === 0) console.log(`Passed only at the second run, so these tests have to be mended:\n${names}`)
process.exitCode = status ?? 1
