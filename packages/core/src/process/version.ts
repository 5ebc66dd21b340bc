import { readFileSync } from 'node:fs'
import { Gauge, type Registry } from 'prom-client'
import type { Env } from '../config/load.ts'

const MANIFEST = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const [, RELEASE = 'unknown'] = /"version": "([^"]+)"/.exec(MANIFEST) ?? []

/** The version of this build: that of the packages, and the commit if BUILD_COMMIT names it (`0.1.0+3f2a9c1`). */
export const versionOf = ({ BUILD_COMMIT: commit }: Env) => (commit ? `${RELEASE}+${commit}` : RELEASE)

/** Adds the metric `sms_build_info`, which is always 1 and has the version as its label. */
export function reportVersion(registry: Registry, version: string): void {
  const help = 'Always 1; the label is the version of the build'
  const gauge = new Gauge({ name: 'sms_build_info', help, labelNames: ['version'], registers: [registry] })
  gauge.set({ version }, 1)
}
