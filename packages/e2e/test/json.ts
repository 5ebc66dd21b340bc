/** Checks that a decoded JSON value is an object. */
export function toRecord(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new TypeError('the answer is not a JSON object')
  return { ...json }
}

/** Checks that a decoded JSON value is a list of objects. */
export function toRecords(json: unknown): Record<string, unknown>[] {
  if (!Array.isArray(json)) throw new TypeError('the answer is not a list')
  return json.map(toRecord)
}
