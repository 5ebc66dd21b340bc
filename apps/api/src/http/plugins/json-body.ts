import type { FastifyInstance } from 'fastify'

/**
 * Accepts JSON in UTF-8 as the only kind of body. A body with another charset could mean something else to its
 * sender, so it is refused. A body that would change a prototype is refused as well.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeContentTypeParser(['text/plain', 'application/json'])
  app.addContentTypeParser(
    /^application\/json(; charset="utf-?8")?$/i,
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
}
