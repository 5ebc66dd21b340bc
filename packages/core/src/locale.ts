/** The form of a locale (BCP 47), such as `zh-CN` or `en`. */
export const LOCALE_PATTERN = '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$'

/**
 * Chooses the first of the wanted locales that is known. A locale that is not known is replaced by a more general one, as
 * `en` for `en-GB`. @returns undefined if none is known
 */
export function chooseLocale(
  known: Pick<ReadonlySet<string>, 'has'>,
  wanted: readonly (string | undefined)[],
): string | undefined {
  for (const locale of wanted)
    for (let tag = locale ?? ''; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-'))))
      if (known.has(tag)) return tag
  return undefined
}
