import express from 'express'

const { SMS_CODES_URL: api = 'http://127.0.0.1:3000', SMS_CODES_KEY: key, PORT = 4000 } = process.env
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
const accounts = new Map() // your database, with unique columns for the number and for request_id
const app = express().use(express.static(process.argv[2] ?? 'public'), express.urlencoded())

app.post('/sign-up', async ({ body: { receipt = '', mobile = '' } = {} }, res) => {
  const body = JSON.stringify({ receipt, mobile, scene: 'register' })
  const answer = await fetch(`${api}/v1/receipts/redeem`, { method: 'POST', headers, body }).catch(() => null)
  const phone = [200, 400, 409].includes(answer?.status) ? await answer.json().catch(() => null) : null
  if (!phone?.code) return res.status(503).send({ errmsg: 'Try again later' })
  if (!phone.mobile) return res.status(answer.status).send(phone)
  if (accounts.has(phone.mobile)) return res.status(409).send({ errmsg: 'This number has an account' })
  res.status(201).send({ account: accounts.set(phone.mobile, phone.request_id).size, mobile: phone.mobile })
})
app.listen(PORT, '127.0.0.1')
