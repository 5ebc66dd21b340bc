// The texts of messages: those of the registered templates, and what free text tells about its code.
import type { Template } from './accounts.ts'

type Words = { signName: string; code: string; minutes: number }

const TEXTS: Record<Template['locale'], (words: Words) => string> = {
  'zh-CN': ({ signName, code, minutes }) =>
    `【${signName}】您的验证码是${code}，请于${minutes}分钟内正确输入`,
  'zh-HK': ({ signName, code, minutes }) => `【${signName}】您的驗證碼是${code}，請於${minutes}分鐘內輸入`,
  en: ({ signName, code, minutes }) =>
    `[${signName}] Your code is ${code}. It is valid for ${minutes} minutes.`,
}

export function templateText({ locale }: Template, words: Words): string {
  return TEXTS[locale](words)
}

/** Finds the first digits that can be a code, and the minutes if the text names any. */
export function readFreeText(text: string): { code: string; minutes: number } {
  const code = /(?<!\d)\d{4,10}(?!\d)/.exec(text)?.[0] ?? ''
  const minutes = /(?<!\d)(\d{1,4})\s*(?:分|min)/i.exec(text)?.[1]
  return { code, minutes: Number(minutes ?? 0) }
}
