import { createHash } from 'node:crypto'
import { isRecord } from '../config/policy-faults.ts'
import type { Policy } from '../config/policy-schema.ts'

/** The order in which a worker asks its gateways. The variable of this name overrides the order in the policy. */
const ORDER = 'SMS_GATEWAYS'

/** Fingerprints by name: of the sections of a policy, or of keys. */
export type Fingerprints = Record<string, string>

/**
 * The fingerprint of each top-level section of a policy: eight bytes of SHA-256. The order of the settings in a file does
 * not count, but the order of gateways counts. Of the test numbers only the last days count. A fingerprint has no key, so an
 * attacker with access to Redis could find a number or a fixed code in it by trying all values.
 * @param gateways the gateways that the process calls, in order; empty for a process that calls none
 */
export function policyFingerprints(policy: Policy, gateways: readonly string[] = []): Fingerprints {
  const { test_numbers } = policy
  const days = test_numbers.numbers.map(({ until }) => until)
  const sections = {
    ...policy,
    test_numbers: { ...test_numbers, numbers: days },
    ...(gateways.length > 0 && { [ORDER]: gateways }),
  }
  return Object.fromEntries(Object.entries(sections).map(([name, value]) => [name, fingerprint(value)]))
}

const fingerprint = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value, sortNames)).digest('hex').slice(0, 16)

const sortNames = (_name: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value

/**
 * The number of different policies among these processes: the most different fingerprints of one section. A section that
 * a process does not have, because its version is older or because it calls no gateway, makes no difference.
 */
export function countPolicies(processes: readonly { policy: Fingerprints }[]): number {
  const seen = new Map<string, Set<string>>()
  for (const [name, print] of processes.flatMap(({ policy }) => Object.entries(policy)))
    seen.set(name, (seen.get(name) ?? new Set()).add(print))
  return Math.max(0, ...[...seen.values()].map(({ size }) => size))
}

type Published = { policy: Fingerprints; keys: Fingerprints }

/**
 * Finds in which sections of the policy and in which keys each process differs from `own`, or, where `own` has no
 * fingerprint, from most of the processes. A section that a process does not have makes no difference. A code key that a
 * process lacks makes one, unless the process has no code key at all, as the board.
 */
export function findDifferences<Process extends Published>(
  processes: readonly Process[],
  own: Published = { policy: {}, keys: {} },
) {
  const all = [own, ...processes]
  const names = new Set(all.flatMap((one) => Object.keys(one.keys)))
  const absent = Object.fromEntries([...names].map((name) => [name, '']))
  const hasCodeKey = (prints: Fingerprints) =>
    Object.keys(prints).some((name) => name.startsWith('CODE_KEYS'))
  const completed = (prints: Fingerprints) => (hasCodeKey(prints) ? { ...absent, ...prints } : prints)
  const policy = { ...commonFingerprints(processes.map((one) => one.policy)), ...own.policy }
  const keys = {
    ...commonFingerprints(processes.map((one) => completed(one.keys))),
    ...completed(own.keys),
  }
  return processes.map((process) => ({
    process,
    policy: differing(process.policy, policy),
    keys: differing(completed(process.keys), keys),
  }))
}

const differing = (some: Fingerprints, others: Fingerprints): string[] =>
  Object.keys(some).filter((name) => others[name] !== undefined && others[name] !== some[name])

/** The fingerprint that most processes have, for each name. Of equally many, that of the first process counts. */
function commonFingerprints(all: readonly Fingerprints[]): Fingerprints {
  const counts = new Map<string, Map<string, number>>()
  for (const [name, print] of all.flatMap((prints) => Object.entries(prints))) {
    const ofName = counts.get(name) ?? new Map<string, number>()
    counts.set(name, ofName.set(print, (ofName.get(print) ?? 0) + 1))
  }
  const mostOf = (ofName: Map<string, number>) => [...ofName].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? ''
  return Object.fromEntries([...counts].map(([name, ofName]) => [name, mostOf(ofName)]))
}
