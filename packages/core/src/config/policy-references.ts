// The rule that each name in the policy file is defined there.
import type { Policy } from './policy-schema.ts'
import type { PolicyFault } from './policy.ts'

export type Found = readonly (PolicyFault | false)[]
export type PolicyRule = (policy: Policy) => Found

/** Every locale that is named must have a text, and every country must be one of `countries`. */
export const checkReferences: PolicyRule = ({ countries, texts, scenes, gateways, routes, api_keys }) => {
  const oneOf = (
    known: object,
    names: readonly string[],
    at: readonly (string | number)[],
    section: string,
  ): Found =>
    names.map(
      (name) => !Object.hasOwn(known, name) && { at, says: `names ${name}, which ${section} does not have` },
    )
  return [
    ...Object.entries(countries).flatMap(([name, { locale }]) =>
      oneOf(texts, [locale], ['countries', name, 'locale'], 'texts'),
    ),
    ...Object.entries(scenes).flatMap(([name, { locale }]) =>
      oneOf(texts, locale === undefined ? [] : [locale], ['scenes', name, 'locale'], 'texts'),
    ),
    ...Object.entries(gateways).flatMap(([name, { countries: served = [], messages = [] }]) => [
      ...oneOf(countries, served, ['gateways', name, 'countries'], 'countries'),
      ...messages.flatMap((message, i) => {
        const at = ['gateways', name, 'messages', i]
        return [
          ...oneOf(scenes, message.scenes ?? [], [...at, 'scenes'], 'scenes'),
          ...oneOf(texts, message.locales ?? [], [...at, 'locales'], 'texts'),
          ...oneOf(countries, message.countries ?? [], [...at, 'countries'], 'countries'),
        ]
      }),
    ]),
    ...routes.flatMap((route, i): Found => {
      const at = ['routes', i]
      return [
        ...oneOf(gateways, [route.gateway], [...at, 'gateway'], 'gateways'),
        ...oneOf(countries, route.countries ?? [], [...at, 'countries'], 'countries'),
        route.countries === undefined &&
          route.segments === undefined && { at, says: 'needs countries or segments' },
      ]
    }),
    ...Object.entries(api_keys).flatMap(([name, key]) =>
      oneOf(scenes, key.scenes ?? [], ['api_keys', name, 'scenes'], 'scenes'),
    ),
  ]
}
