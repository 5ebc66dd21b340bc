// Numbers and addresses that no earlier request of this run has used, so that no limit is ever reached.

let count = 0

export function freshMobile(): string {
  count += 1
  return String(13_000_000_000 + count)
}

/** Returns an address of 10.0.0.0/8, which has more addresses than a run has requests. */
export function freshAddress(): string {
  count += 1
  return `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`
}
