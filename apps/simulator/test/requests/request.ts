// Sends an HTTP request exactly as a test wrote it, and returns the answer.
import { request as httpRequest } from 'node:http'

export type RawRequest = { method?: string; path: string; headers: Record<string, string>; body: string }
export type RawAnswer = { status: number; headers: Record<string, unknown>; body: string }

/** Resolves with the whole answer. Rejects with Node's error when the connection breaks first. */
export function sendRequest(url: string, raw: RawRequest, signal?: AbortSignal): Promise<RawAnswer> {
  const { method = 'POST', path, headers, body } = raw
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, ...(signal === undefined ? {} : { signal }) }
    const request = httpRequest(url + path, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** The value at a path in a JSON answer, or undefined. */
export function part(answer: { body: string }, ...path: (string | number)[]): unknown {
  let value: unknown = JSON.parse(answer.body)
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, name)
  }
  return value
}
