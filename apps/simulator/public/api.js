// The calls of the page to the API. A call resolves with `{ code, errmsg, … }` whatever happens; when the API cannot
// be reached the code is empty.

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
    send: (mobile, imageCode, uuid) => call('/v1/sms_codes', { mobile, image_code: imageCode, uuid }),
    status: (requestId) => call(`/v1/sms_codes/${encodeURIComponent(requestId)}`),
    verify: (mobile, smsCode, requestId) =>
      call('/v1/sms_codes/verify', {
        mobile,
        sms_code: smsCode,
        ...(requestId === null ? {} : { request_id: requestId }),
      }),
  }
}
