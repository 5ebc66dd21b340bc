import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { reportVersion, versionOf } from '../../src/process/version.ts'

const ROOT = join(import.meta.dirname, '../../../..')

it('the version is that of the project, with the commit if it is known', () => {
  const [, version] = /"version": "(.*)"/.exec(readFileSync(join(ROOT, 'package.json'), 'utf8')) ?? []
  expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(versionOf({})).toBe(version)
  expect(versionOf({ BUILD_COMMIT: '' })).toBe(version)
  expect(versionOf({ BUILD_COMMIT: '3f2a9c1' })).toBe(`${version}+3f2a9c1`)
})

it('the version is the label of a metric whose value is 1', async () => {
  const registry = new Registry()
  reportVersion(registry, '1.2.3+abc')
  expect(await registry.metrics()).toMatch(/^sms_build_info\{version="1\.2\.3\+abc"\} 1$/m)
})
