// Rules about several settings of the policy file. Rules that need the environment belong to the process.
import type { Policy } from './policy-schema.ts'
import type { PolicyFault } from './policy.ts'

type Found = readonly (PolicyFault | false)[]
type PolicyRule = (policy: Policy) => Found

/** A code that is sent in the last seconds of its life arrives too late to be typed. */
const SECONDS_TO_TYPE = 30

const checkScenes: PolicyRule = ({ codes, scenes }) => [
  scenes['default'] === undefined && {
    at: ['scenes'],
    says: 'must have the scene default, which is used for a request that names no scene',
  },
  ...Object.entries(scenes).flatMap(([name, { life = codes.life, ...scene }]): Found => {
    const within = scene.send_within ?? codes.send_within
    const latest = life - SECONDS_TO_TYPE
    const at = ['scenes', name]
    return [
      within > latest && {
        at,
        says: `sends until ${within} s, but its codes live ${life} s; send_within must be ${latest}s or less`,
      },
      scene.receipt_within !== undefined &&
        scene.fallback !== true && { at: [...at, 'receipt_within'], says: 'needs fallback: true' },
      scene.waits !== undefined &&
        scene.sends !== undefined && { at: [...at, 'waits'], says: 'cannot be set beside sends; remove one' },
    ]
  }),
]

/** Every locale that is named must have a text, and every country must be one of `countries`. */
const checkReferences: PolicyRule = ({ countries, texts, scenes, gateways, routes, api_keys }) => {
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

const RULES: readonly PolicyRule[] = [checkScenes, checkReferences]

export const policyFaults = (policy: Policy): Found => RULES.flatMap((rule) => rule(policy))
