/** Messages that Tencent allows one number by default; the vendor's console can change both limits. */
export const tencentQuota = [
  { most: 1, seconds: 30 },
  { most: 10, seconds: 86_400 },
]
