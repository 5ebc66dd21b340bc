import { Type } from '@sinclair/typebox'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { loadConfig } from '../src/config/load.ts'
import type { Policy } from '../src/config/policy-schema.ts'

/** Settings that contain the given ones. Later settings replace earlier ones, and sections are merged. */
export function mergeSettings(...all: readonly object[]): object {
  const merged = new Map<string, unknown>()
  const isSection = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  for (const [name, value] of all.flatMap((settings) => Object.entries(settings))) {
    const earlier = merged.get(name)
    merged.set(name, isSection(earlier) && isSection(value) ? mergeSettings(earlier, value) : value)
  }
  return Object.fromEntries(merged)
}

/** The policy that the settings make. @throws ConfigError with every fault */
export const loadPolicy = (settings: object | string): Policy =>
  loadConfig(Type.Object({}), { POLICY_FILE: policyFile(settings) }).policy
