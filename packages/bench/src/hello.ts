// The yardstick: a route of Fastify that does nothing, in a process of its own. The port is its argument.
import Fastify from 'fastify'

const app = Fastify()
const schema = {
  response: { 200: { type: 'object', properties: { hello: { type: 'string' } } } },
}
app.get('/', { schema }, async () => ({ hello: 'world' }))
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
