import type { Lang } from '@sms-codes/core/history/explain-texts'
import { en } from './texts-en.ts'
import { zh } from './texts-zh.ts'

export type TextName = keyof typeof zh

export const TEXTS: Record<Lang, Record<TextName, string>> = { zh, en }

/** Returns a function that gives a text in one language, with its `{name}` parts filled in. */
export const textsIn =
  (lang: Lang) =>
  (name: TextName, parts: Record<string, string | number> = {}): string =>
    TEXTS[lang][name].replace(/\{(\w+)\}/g, (_, part: string) => `${parts[part] ?? ''}`)
export type Say = ReturnType<typeof textsIn>

/** The words for a status, an outcome class or a reason; an unknown one is shown as it is. */
export function wordFor(say: Say, kind: 'status' | 'class' | 'reason', name: string): string {
  const known = `${kind}_${name}`
  return isTextName(known) ? say(known) : name
}

const isTextName = (name: string): name is TextName => Object.hasOwn(zh, name)
