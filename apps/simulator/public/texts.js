// Chooses the language of the page and fills in its texts. Calls to the API ask for the same language.
import { en } from './texts-en.js'
import { zh } from './texts-zh.js'

const texts = { zh, en }

export function createLanguage() {
  const listeners = []
  const asked = new URLSearchParams(location.search).get('lang') ?? remembered() ?? navigator.language
  let current = asked.toLowerCase().startsWith('zh') ? 'zh' : 'en'

  function apply() {
    document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en'
    for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t)
    for (const node of document.querySelectorAll('[data-t-label]'))
      node.setAttribute('aria-label', t(node.dataset.tLabel))
    for (const button of document.querySelectorAll('[data-language]')) {
      button.setAttribute('aria-pressed', String(button.dataset.language === current))
    }
    for (const listener of listeners) listener()
  }

  function t(key, ...values) {
    const text = texts[current][key]
    return typeof text === 'function' ? text(...values) : text
  }

  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => {
      current = button.dataset.language
      remember(current)
      apply()
    })
  }

  return { t, current: () => current, onChange: (listener) => listeners.push(listener), apply }
}

// Storage throws in a browser that forbids it; the page then uses the browser's language.
function remembered() {
  try {
    return localStorage.getItem('language')
  } catch {
    return null
  }
}

function remember(language) {
  try {
    localStorage.setItem('language', language)
  } catch {
    // The choice then lasts until the page is reloaded.
  }
}
