// Loaded by `node --import`: a server listens two seconds after it was told to, if its port is SLOW_PORT.
import { Server } from 'node:net'

const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  const { port } = Object(args[0])
  if (String(port) !== process.env['SLOW_PORT']) return listen.apply(this, args)
  setTimeout(() => listen.apply(this, args), 2_000)
  return this
}
