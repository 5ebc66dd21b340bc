/** One HTTP answer. `body` lies in memory that the next answer overwrites: look at it at once. */
export type Answer = { status: number; body: Buffer }

/**
 * Reads the answers of one connection without pipelining, so at most one is under way. As little as is
 * needed to be sure of it: the generator must not cost what it measures.
 *
 * @returns what takes the connection's chunks; it throws at an answer without a length
 */
export function createAnswerReader(take: (answer: Answer) => void) {
  let held: Buffer | null = null
  return (chunk: Buffer): void => {
    const bytes = held === null ? chunk : Buffer.concat([held, chunk])
    const answer = parse(bytes)
    // A chunk is read into again by the next one.
    held = answer === null ? Buffer.from(bytes) : null
    if (answer !== null) take(answer)
  }
}

function parse(bytes: Buffer): Answer | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const head = bytes.toString('latin1', 0, end)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without a length: ${head.split('\r\n', 1)[0]}`)
  const bodyEnd = end + 4 + Number(length)
  if (bytes.length < bodyEnd) return null
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(end + 4, bodyEnd) }
}

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
