import { expect, it } from 'vitest'
import { envelope } from '../../src/http/answers.ts'

const CASES: Record<'English' | 'Chinese', readonly (string | undefined)[]> = {
  English: [
    'en',
    'EN',
    'en-US',
    'en-GB,en;q=0.9',
    'de,en;q=0.8',
    'de, fr;q=0.9, en;q=0.1',
    'zh-TW;q=0.3, en-GB',
    'zh;q=0.8,en;q=0.9',
    'en, zh',
    'en-US,zh-CN',
    'en;q=0.5,zh;q=0.5',
    'zh;q=0, *',
    '*;q=0.1, en',
    '*, zh;q=0.9',
    'en ; q=0.8',
    'en;Q=0.800',
    'zh;q=x, en;q=0.001',
    ',,en,',
  ],
  Chinese: [
    undefined,
    '',
    '*',
    'zh',
    'zh-Hans-CN',
    'zh, en',
    'zh-CN,zh;q=0.9,en;q=0.8',
    'en;q=0,zh',
    'en;q=0',
    'en;q=0.0, *',
    'en;q=0.000',
    'en;q=0.5, *',
    'en;q=0.5, zh',
    'de',
    'de,fr;q=0.5',
    'eng',
    'tlh-en',
    'x-en',
    '*;q=0',
    'en;q=1.5',
    'en;q=-1',
    'en;q=0.1234',
    'en zh',
    '*;q=x,,,-',
  ],
}

it.each(Object.entries(CASES).flatMap(([language, all]) => all.map((header) => [header, language])))(
  'for the header Accept-Language: %s a text is %s',
  (header, language) => {
    const { errmsg } = envelope('missing', header)
    expect(errmsg).toBe(language === 'English' ? 'A required parameter is missing' : '缺少必传参数')
  },
)
