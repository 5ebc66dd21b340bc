// Reads JSON whose shape is not trusted. Invalid JSON and missing fields become undefined.

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function field(value: unknown, name: string): unknown {
  const hasField = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return hasField ? Reflect.get(value, name) : undefined
}
