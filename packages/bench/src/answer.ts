/** One HTTP answer. The next answer overwrites the memory of `body`, so it must be read at once. */
export type Answer = { status: number; body: Buffer }

/**
 * A minimal parser for the answers of one connection without pipelining. It is minimal because the load
 * generator must cost little beside the server that it measures.
 *
 * @returns the function to call with each chunk; it throws on an answer without a Content-Length
 */
export function createAnswerReader(onAnswer: (answer: Answer) => void) {
  let held: Buffer | null = null
  return (chunk: Buffer): void => {
    const bytes = held === null ? chunk : Buffer.concat([held, chunk])
    const answer = parse(bytes)
    // The next chunk overwrites the memory of this one.
    held = answer === null ? Buffer.from(bytes) : null
    if (answer !== null) onAnswer(answer)
  }
}

function parse(bytes: Buffer): Answer | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const head = bytes.toString('latin1', 0, end)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without a Content-Length: ${head.split('\r\n', 1)[0]}`)
  const bodyEnd = end + 4 + Number(length)
  if (bytes.length < bodyEnd) return null
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(end + 4, bodyEnd) }
}

/** The fields of a JSON object; an empty object for any other body. */
export function fieldsOf(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
