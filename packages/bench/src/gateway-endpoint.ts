// The first gateway of a developer's machine, which accepts every message at once. The port is its argument. It
// checks nothing, because the benchmark reads the result of every job from its record.
import { createServer } from 'node:http'

let taken = 0

createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    taken += 1
    const smsMessageSid = taken.toString(16).padStart(32, '0')
    response.setHeader('content-type', 'application/json;charset=utf-8')
    response.end(JSON.stringify({ statusCode: '000000', templateSMS: { smsMessageSid } }))
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
