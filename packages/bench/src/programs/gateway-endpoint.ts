// The gateway that `npm start` calls first, as a server that accepts every message. The port is its argument. A GET
// answers the number of messages so far; `GET /?delay=50` also sets the ms that each later answer takes.
import { createServer } from 'node:http'

let taken = 0
let delayMs = 0

createServer((request, response) => {
  if (request.method === 'GET') {
    delayMs = Number(new URLSearchParams(request.url?.split('?')[1]).get('delay') ?? delayMs)
    response.end(String(taken))
    return
  }
  request.resume()
  request.on('end', () => {
    taken += 1
    const smsMessageSid = taken.toString(16).padStart(32, '0')
    const answer = () => {
      response.setHeader('content-type', 'application/json;charset=utf-8')
      response.end(JSON.stringify({ statusCode: '000000', templateSMS: { smsMessageSid } }))
    }
    if (delayMs === 0) answer()
    else setTimeout(answer, delayMs)
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
process.once('SIGTERM', () => process.exit())
