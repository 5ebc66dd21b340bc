import type { TObject } from '@sinclair/typebox'
import { textOf } from './egress-proxy.ts'
import type { Env } from './load.ts'

/**
 * Finds names in the environment that are similar to a variable that is not set, such as `SMS_GATEWAY`. Such a
 * name may belong to another program, so the name only causes a warning.
 */
export function findMisspelled({ properties }: TObject, env: Env): { given: string; similar: string }[] {
  const unset = Object.keys(properties).filter((name) => !textOf(env, name))
  const unknown = Object.keys(env).filter((given) => env[given] && !(given in properties))
  return unknown.flatMap((given) => {
    const similar = unset.find((name) => isSimilar(given.toUpperCase(), name))
    return similar === undefined ? [] : [{ given, similar }]
  })
}

/** Whether a letter is missing, added or changed, or two neighbours are swapped. */
function isSimilar(one: string, other: string): boolean {
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  const [a, b] = [one.slice(same), other.slice(same)]
  const isSwapped = a.slice(0, 2) === `${b[1]}${b[0]}` && a.slice(2) === b.slice(2)
  return a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1) || isSwapped
}
