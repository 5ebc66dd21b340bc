// The rule that each name in the policy file is defined there.
import type { Policy } from './policy-schema.ts'
import type { PolicyFault } from './policy-faults.ts'

export type Found = readonly (PolicyFault | false)[]
export type PolicyRule = (policy: Policy) => Found

type Section = 'countries' | 'texts' | 'scenes' | 'gateways'

/** Every locale that is named must have a text, and every country must be one of `countries`. */
export const checkReferences: PolicyRule = (policy) => {
  const { countries, scenes, gateways, routes, api_keys } = policy
  const has = (section: Section, names: readonly string[] = [], ...at: (string | number)[]): Found =>
    names.map(
      (name) =>
        !Object.hasOwn(policy[section], name) && {
          at,
          says: `names ${name}, which ${section} does not have`,
        },
    )
  return [
    ...Object.entries(countries).flatMap(([name, { locale }]) =>
      has('texts', [locale], 'countries', name, 'locale'),
    ),
    ...Object.entries(scenes).flatMap(([name, { locale }]) =>
      has('texts', locale === undefined ? [] : [locale], 'scenes', name, 'locale'),
    ),
    ...Object.entries(gateways).flatMap(([name, { countries: served, messages = [] }]) => [
      ...has('countries', served, 'gateways', name, 'countries'),
      ...messages.flatMap((message, i) => [
        ...has('scenes', message.scenes, 'gateways', name, 'messages', i, 'scenes'),
        ...has('texts', message.locales, 'gateways', name, 'messages', i, 'locales'),
        ...has('countries', message.countries, 'gateways', name, 'messages', i, 'countries'),
      ]),
    ]),
    ...routes.flatMap((route, i): Found => [
      ...has('gateways', [route.gateway], 'routes', i, 'gateway'),
      ...has('countries', route.countries, 'routes', i, 'countries'),
      route.countries === undefined &&
        route.segments === undefined && { at: ['routes', i], says: 'needs countries or segments' },
    ]),
    ...Object.entries(api_keys).flatMap(([name, key]) =>
      has('scenes', key.scenes, 'api_keys', name, 'scenes'),
    ),
  ]
}
