import type { Policy } from './policy-schema.ts'

/** The form of a locale that a request may name (BCP 47), such as `zh-CN` or `en`. */
export const LOCALE_PATTERN = '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$'

/** `zh-hk` becomes `zh-HK`, because case has no meaning in a tag. An invalid tag is no locale. */
function canonical(requested: string | undefined): string {
  try {
    return Intl.getCanonicalLocales(requested)[0] ?? ''
  } catch {
    return ''
  }
}

/**
 * Returns a function that chooses the locale of a message: that of the request, else of the scene, else of the country. A
 * requested locale without a text is replaced by a more general one, as `en-GB` by `en`.
 */
export function createLocales({ texts, scenes, countries }: Pick<Policy, 'texts' | 'scenes' | 'countries'>) {
  return (requested: string | undefined, scene: string, country: string): string | undefined => {
    for (let tag = canonical(requested); tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-'))))
      if (Object.hasOwn(texts, tag)) return tag
    return scenes[scene]?.locale ?? countries[country]?.locale
  }
}
