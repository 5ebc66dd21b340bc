/** What a page sets: its types may not be checked. */
export type Typed = string | number | null | undefined

/** Turns what a user typed or pasted into plain digits: full-width digits become ASCII, blanks and dashes go. */
export const normaliseCode = (typed: Typed): string =>
  String(typed ?? '')
    .normalize('NFKC')
    .replace(/[\s\p{Dash}\p{Cf}]/gu, '')

/**
 * Turns a typed number into the form that answers of the API use: eleven digits of mainland China (`+86 138-0013-8000`
 * becomes `13800138000`), else E.164 (`0085291234567` becomes `+85291234567`). A text that is not a number does not become one.
 */
export const normaliseMobile = (typed: Typed): string =>
  normaliseCode(typed)
    .replace(/^tel:|[().]/gi, '')
    .replace(/^(?:\+|00)?86(?=1[3-9]\d{9}$)/, '')
    .replace(/^00/, '+')
