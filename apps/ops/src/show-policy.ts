import { isRecord } from '@sms-codes/core/config/policy-faults'
import { readSettings } from '@sms-codes/core/config/policy'
import { maskMobile } from '@sms-codes/core/mobile'
import { maskAddress } from './show-variables.ts'

type Leaf = { path: string; value: string }

/**
 * The settings of the merged policy by their paths, with the built-in values: those that differ, or all. Test numbers are
 * masked, their codes are hidden, and addresses have no login.
 * @param file a policy file without faults; undefined for the built-in policy
 */
export function showPolicy(file: string | undefined, isAll: boolean) {
  const { builtIn, settings } = readSettings(file)
  const before = new Map(leavesOf(builtIn).map(({ path, value }) => [path, value]))
  const now = new Map(leavesOf(settings).map(({ path, value }) => [path, value]))
  return [...new Set([...now.keys(), ...before.keys()])]
    .map((path) => ({
      setting: path,
      value: now.get(path) ?? null,
      builtIn: before.get(path) ?? null,
    }))
    .filter(({ value, builtIn: old }) => isAll || value !== old)
}

function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  const isList = Array.isArray(value)
  const isNested = isList ? value.some((item) => typeof item === 'object') : isRecord(value)
  if (!isNested || Object.keys(value ?? {}).length === 0)
    return [{ path: path.join('.'), value: showLeaf(path, value) }]
  return Object.entries(value ?? {}).flatMap(([name, item]) => leavesOf(item, [...path, name]))
}

function showLeaf(path: readonly string[], value: unknown): string {
  if (path[0] === 'test_numbers' && path.at(-1) === 'code') return 'hidden'
  if (path[0] === 'test_numbers' && path.at(-1) === 'mobile') return maskMobile(String(value))
  if (typeof value === 'string' && /^https?:/i.test(value)) return maskAddress(value)
  return typeof value === 'string' && /^\P{C}*$/u.test(value) ? value : JSON.stringify(value)
}
