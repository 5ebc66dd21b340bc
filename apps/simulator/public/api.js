// The page's calls to the API. A call always resolves with `{ code, errmsg, … }`; when the API cannot be reached, the code
// is empty.

// Browsers have no randomUUID on a page that came over plain HTTP from another machine.
export function randomUuid() {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function createApi({ url, language, unreachable }) {
  async function call(path, body) {
    const headers = { 'accept-language': language() }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const request = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
    try {
      const answer = await fetch(url + path, request)
      return await answer.json()
    } catch {
      return { code: '', errmsg: unreachable(url) }
    }
  }

  return {
    imageUrl: (uuid) => `${url}/image_codes/${uuid}/`,
    challenge: () => call('/v1/challenges'),
    send: (mobile, answered) => call('/v1/sms_codes', { mobile, ...answered }),
    status: (requestId) => call(`/v1/sms_codes/${encodeURIComponent(requestId)}`),
    verify: (mobile, smsCode, requestId) =>
      call('/v1/sms_codes/verify', {
        mobile,
        sms_code: smsCode,
        ...(requestId === null ? {} : { request_id: requestId }),
      }),
  }
}
