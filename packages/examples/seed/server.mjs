// The register step of the course. The course compares the typed code with Redis; this server asks sms-codes, which
// counts the guesses and uses the code up.
import express from 'express'

const API = process.env.SMS_CODES_URL ?? 'http://127.0.0.1:3000'

// Use a table with unique columns `mobile` and `request_id` in place of this map.
const accounts = new Map()

const app = express()
app.use(express.static(`${import.meta.dirname}/public`))
app.post('/register/', express.json(), async (request, response) => {
  const { mobile, sms_code } = request.body ?? {}
  // The API also takes other forms of a number. With one form, a number cannot get a second account.
  if (!/^1[3-9]\d{9}$/.test(mobile)) return response.json({ code: '4007', errmsg: '手机号错误' })
  const answer = await fetch(`${API}/v1/sms_codes/verify`, {
    method: 'POST',
    // The API counts guesses by the user's address if its TRUST_PROXY names this server.
    headers: { 'content-type': 'application/json', 'x-forwarded-for': request.ip },
    body: JSON.stringify({ mobile, sms_code }),
  }).catch(() => null)
  // Without an answer of the API, the user keeps the code and tries again.
  const verified = await answer?.json().catch(() => null)
  const { code = '5000', errmsg = '服务暂不可用', request_id } = verified ?? {}
  if (code !== '0') return response.json({ code, errmsg })
  if (accounts.has(mobile)) return response.json({ code: '4003', errmsg: '手机号已注册' })
  accounts.set(mobile, { request_id })
  response.json({ code, errmsg: `注册成功，第${accounts.size}个用户` })
})
app.listen(process.env.PORT ?? 4000, '127.0.0.1')
