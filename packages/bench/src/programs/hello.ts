// Bare Fastify with one route that returns a constant, as the base of all comparisons. The port is its argument.
import Fastify from 'fastify'

const app = Fastify()
const schema = {
  response: { 200: { type: 'object', properties: { hello: { type: 'string' } } } },
}
app.get('/', { schema }, async () => ({ hello: 'world' }))
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
// Node writes a CPU profile in process.exit(), but not when a signal ends the process.
process.once('SIGTERM', () => process.exit())
