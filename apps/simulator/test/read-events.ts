/** Reads an event stream until `found` accepts the text. `once` runs when the stream is open. */
export async function readUntil(url: string, found: (text: string) => boolean, once: () => Promise<unknown>) {
  const hangUp = new AbortController()
  const answer = await fetch(url, { signal: hangUp.signal })
  await once()
  let text = ''
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (found(text)) break
  }
  hangUp.abort()
  return { type: answer.headers.get('content-type'), text }
}
