// Names that no request of this run has had before, so that every limit is asked and none is full.

let count = 0

export function freshMobile(): string {
  count += 1
  return String(13_000_000_000 + count)
}

/** Of 10.0.0.0/8, which is larger than what a run can ask. */
export function freshAddress(): string {
  count += 1
  return `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`
}
