const RANGE = /^\s*([a-z]{1,8}|\*)(?:-[a-z0-9-]+)?\s*(?:;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?$/i

/**
 * Returns whether an Accept-Language header prefers English to Chinese (RFC 9110, section 12.5.4). Every region and
 * script of a language counts as the language. At equal weights the language that the header names first is preferred.
 */
export function prefersEnglish(acceptLanguage = ''): boolean {
  const ranges = acceptLanguage.split(',').map((text, at) => {
    const [, language = '', weight = '1'] = RANGE.exec(text) ?? []
    return { language: language.toLowerCase(), weight: Number(weight), at }
  })
  const find = (name: string) =>
    ranges.filter(({ language }) => language === name).toSorted((a, b) => b.weight - a.weight)[0]
  // `*` means every language that the header does not name.
  const rest = { weight: find('*')?.weight ?? 0, at: Infinity }
  const [english, chinese] = [find('en') ?? rest, find('zh') ?? rest]
  if (english.weight !== chinese.weight) return english.weight > chinese.weight
  return english.weight > 0 && english.at < chinese.at
}
