import express from 'express'
import { createReceiptCheck } from '@sms-codes/receipts'
import { expressReceipt } from '@sms-codes/receipts/middleware'

const { SMS_CODES_URL = 'http://127.0.0.1:3000', PORT = 4000 } = process.env
const check = createReceiptCheck({ baseUrl: SMS_CODES_URL, scene: 'register' })
const accounts = new Map() // your database, with unique columns for `sub` and `jti`
const app = express().use(express.static(process.argv[2] ?? 'public'), express.urlencoded())

app.post('/sign-up', expressReceipt(check), ({ receipt: { sub, jti } }, response) => {
  if (accounts.has(sub)) return response.status(409).send({ errmsg: 'This phone has an account' })
  accounts.set(sub, jti)
  response.status(201).send({ account: accounts.size })
})
app.listen(PORT, '127.0.0.1')
