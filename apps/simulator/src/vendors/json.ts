// Reads JSON from callers. Anything but the expected kind of value is null, never an exception.

export function parseObject(text: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return null
  }
}

export function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
}

export function isJson(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^application\/json\s*(;|$)/i.test(contentType)
}
