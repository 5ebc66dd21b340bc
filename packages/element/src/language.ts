// Finds the language of the element and follows its changes.
import { en } from './texts-en.ts'
import { zh, type Texts } from './texts-zh.ts'

export type Language = 'zh' | 'en'

/** The element shows Chinese on a Chinese page, and English on a page in any other language. */
export const languageOf = (tag: string): Language => (/^zh\b/i.test(tag) ? 'zh' : 'en')

export const textsOf = (language: Language): Texts => (language === 'zh' ? zh : en)

/** The nearest attribute `lang`, also outside the shadow trees around the node, or else the language of the browser. */
function languageAt(node: Element): Language {
  const tag = node.closest('[lang]')?.getAttribute('lang')
  if (tag) return languageOf(tag)
  const root = node.getRootNode()
  return root instanceof ShadowRoot ? languageAt(root.host) : languageOf(navigator.language)
}

/** The language of an element. @param onChange runs when it has changed */
export function createLanguage(host: Element, onChange: () => void) {
  let current: Language = 'en'
  let stop = () => {}

  function read(): void {
    const before = current
    current = languageAt(host)
    if (current !== before) onChange()
  }

  return {
    now: () => current,
    read,

    /** Reads the language now and after a change of any `lang` of the page. */
    follow(): void {
      read()
      const observer = new MutationObserver(read)
      observer.observe(host.ownerDocument.documentElement, { attributeFilter: ['lang'], subtree: true })
      stop = () => observer.disconnect()
    },

    unfollow: () => stop(),
  }
}
