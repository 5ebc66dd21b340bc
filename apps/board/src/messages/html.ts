const MARKUP = Symbol('markup')

/** Markup that only `html` makes, so a text of Redis cannot become markup. */
export type Html = { readonly [MARKUP]: string }
type Value = string | number | Html | readonly Value[]

function textOf(value: Value): string {
  if (typeof value !== 'object') return `${value}`.replace(/[&<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`)
  return MARKUP in value ? value[MARKUP] : value.map(textOf).join('')
}

/** A tag of template literals that escapes each value, for an element or a quoted attribute. */
export const html = (parts: TemplateStringsArray, ...values: Value[]): Html => ({
  [MARKUP]: parts.map((part, i) => part + textOf(values[i] ?? '')).join(''),
})
export const markupOf = (page: Html): string => page[MARKUP]
