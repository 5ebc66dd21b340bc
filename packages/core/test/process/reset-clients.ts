import { spawnSync } from 'node:child_process'

const CLIENT = `
const { connect } = require('node:net')
const [port, ...requests] = process.argv.slice(1)
for (const request of requests) {
  const socket = connect(Number(port), '127.0.0.1', () => {
    socket.write(Buffer.from(request, 'base64'))
    socket.resetAndDestroy()
  })
  socket.on('error', () => {})
}`

/**
 * Sends each request on a connection of its own, which is then reset. The server must listen in this process: its
 * event loop waits for the client, so it sees each request only after the reset.
 */
export function sendAndReset(port: number, requests: readonly string[]): void {
  const args = requests.map((request) => Buffer.from(request).toString('base64'))
  const { status, stderr } = spawnSync(process.execPath, ['-e', CLIENT, String(port), ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the client failed: ${stderr}`)
}
