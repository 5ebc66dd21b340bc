// Phone numbers as the outbox lists them: eleven digits for China, the international form for all others.

export const CHINESE_MOBILE = /^1[3-9]\d{9}$/

export function handsetOf(number: string): string {
  const national = /^\+86(1[3-9]\d{9})$/.exec(number)?.[1]
  return national ?? number
}
