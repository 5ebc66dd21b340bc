import { expect, it } from 'vitest'
import { createLocales } from '../../src/config/locales.ts'

const localeOf = createLocales({
  texts: { 'zh-CN': '{code}', 'zh-HK': '{code}', en: '{code}' },
  scenes: { default: {}, english: { locale: 'en' } },
  countries: { CN: { locale: 'zh-CN' }, HK: { locale: 'zh-HK' } },
})

it.each([
  ['the locale of the request', 'zh-HK', 'english', 'CN', 'zh-HK'],
  ['a more general one, if the request names one without a text', 'en-GB', 'default', 'HK', 'en'],
  ['the most general one of several parts', 'en-Latn-GB', 'default', 'CN', 'en'],
  ['the locale of the request in any case of its letters', 'ZH-hk', 'english', 'CN', 'zh-HK'],
  ['that of the scene, if the request names an unknown one', 'fr-FR', 'english', 'HK', 'en'],
  ['that of the scene, if the request names a part of a known one', 'zh', 'english', 'CN', 'en'],
  ['that of the scene, without one in the request', undefined, 'english', 'CN', 'en'],
  ['that of the country, without one in request and scene', undefined, 'default', 'HK', 'zh-HK'],
  [
    'that of the country, if the request names a property of objects',
    'constructor',
    'default',
    'CN',
    'zh-CN',
  ],
])('a message has %s', (_what, requested, scene, country, locale) => {
  expect(localeOf(requested, scene, country)).toBe(locale)
})
