// The style of the element. A page changes it by the variables `--sms-code-…` and by parts. Text on the background of the
// page follows the colour of the page, which may be dark without a `color-scheme`: beside a light text, links and errors get
// their light colours. Fields and buttons have a background of the element, which follows the `color-scheme`. iOS zooms into
// a field whose text is below 16 px.

const CSS = `
:host { display: block; max-inline-size: max(416px, 26rem); }
:host([hidden]), [hidden], p:empty:not(#status) { display: none !important; }
* { box-sizing: border-box; }
.form {
  --_accent: var(--sms-code-accent, #1a56c4); --_on-accent: #fff; --_text: var(--sms-code-text, #1c1f24);
  --_border: var(--sms-code-border, #7d8590); --_error: var(--sms-code-error, #b3261e);
  --_background: var(--sms-code-background, #fff); --_radius: var(--sms-code-radius, 8px);
  display: grid; gap: var(--sms-code-gap, 16px); color: var(--sms-code-text, inherit); overflow-wrap: anywhere;
  font: var(--sms-code-font-size, max(16px, 1rem))/1.5 var(--sms-code-font, system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif);
}
@supports (color: light-dark(#000, #fff)) {
  .form {
    --_accent: var(--sms-code-accent, light-dark(#1a56c4, #9cc0ff)); --_on-accent: light-dark(#fff, #0b1a33);
    --_text: var(--sms-code-text, light-dark(#1c1f24, #e8eaed)); --_error: var(--sms-code-error, light-dark(#b3261e, #ffb4ab));
    --_background: var(--sms-code-background, light-dark(#fff, #1b1d21));
  }
}
.field { display: grid; gap: 6px; min-inline-size: 0; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; min-inline-size: 0; }
label, .primary, .done { font-weight: 600; }
p { margin: 0; }
input, button { font: inherit; font-size: max(16px, 1em); color: var(--_text); min-block-size: 44px; border-radius: var(--_radius); }
input {
  flex: 1 1 6em; inline-size: 100%; min-inline-size: 0; padding: .5em .75em;
  border: 1px solid var(--_border); background: var(--_background);
}
input[aria-invalid=true] { border-color: var(--_error); box-shadow: inset 0 0 0 1px var(--_error); }
.verified input { border-style: dashed; }
button { padding: .5em 1em; border: 1px solid var(--_border); background: var(--_background); cursor: pointer; }
.primary { border-color: transparent; background: var(--_accent); color: var(--_on-accent); }
.link { justify-self: start; padding-inline: 0; border: 0; background: none; color: var(--_accent); text-align: start; text-decoration: underline; }
.icon { inline-size: max(44px, 1.25em); padding: 0; font-size: 1.5em; line-height: 1; }
[aria-disabled=true], :disabled { cursor: default; opacity: .6; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
img { display: block; block-size: 60px; min-inline-size: min(160px, 100%); max-inline-size: 100%; object-fit: contain; border-radius: var(--_radius); cursor: pointer; }
img[data-missing] { inline-size: 160px; visibility: hidden; }
.note { color: var(--sms-code-muted, color-mix(in srgb, currentColor 80%, transparent)); font-size: .875em; }
#status:empty { position: absolute; }
#status.done { color: inherit; font-size: inherit; }
.error { color: var(--_error); }
@supports (color: rgb(from currentColor r g b)) {
  .link, .error { --_light: clamp(0, r + g + b - 384, 1); }
  .link { color: var(--sms-code-accent, rgb(from currentColor calc(26 + 130 * var(--_light)) calc(86 + 106 * var(--_light)) calc(196 + 59 * var(--_light)))); }
  .error { color: var(--sms-code-error, rgb(from currentColor calc(179 + 76 * var(--_light)) calc(38 + 142 * var(--_light)) calc(30 + 141 * var(--_light)))); }
}
`

const sheets = new WeakMap<Document, CSSStyleSheet>()

/**
 * All elements of a document share one style sheet. A page with a strict `style-src` permits it. A style sheet belongs to
 * the document whose window has created it.
 */
export function styleSheets({ ownerDocument }: Node): CSSStyleSheet[] {
  const window = ownerDocument?.defaultView
  if (!ownerDocument || !window) return []
  const sheet = sheets.get(ownerDocument) ?? new window.CSSStyleSheet()
  if (!sheets.has(ownerDocument)) sheet.replaceSync(CSS)
  sheets.set(ownerDocument, sheet)
  return [sheet]
}
