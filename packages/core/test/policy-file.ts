import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { loadConfig } from '../src/config/load.ts'
import type { Policy } from '../src/config/policy-schema.ts'

/**
 * Writes a policy file and returns its path, for POLICY_FILE. JSON is YAML, so the settings can be an object. Equal
 * settings have the same file.
 * @param policy the settings that differ from the built-in ones, or the text of a file
 */
export function policyFile(policy: object | string): string {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy, null, 2)
  const dir = join(tmpdir(), 'sms-codes-policies')
  mkdirSync(dir, { recursive: true })
  const file = join(dir, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.yaml`)
  writeFileSync(file, text)
  return file
}

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
