import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { readSendId } from '@sms-codes/core/codes/send'
import { readHistory } from '@sms-codes/core/history/history'
import { prefersEnglish } from '@sms-codes/core/process/language'
import { isOutage } from '../error-handler.ts'
import { MESSAGES_HEADERS } from '../headers.ts'
import { markupOf, type Html } from './html.ts'
import { createView, layout, notice, type View } from './layout.ts'
import { maskRequest } from './masked.ts'
import { overviewPage, periodOf } from './overview.ts'
import { phonePage } from './phone-page.ts'
import { readOverview, type OverviewDeps } from './read-overview.ts'
import { requestPage } from './request-page.ts'
import { searchForm } from './search-form.ts'
import { createSearch, isPseudonym, SEARCH_ROUTE, type SearchDeps } from './search.ts'
import { STYLE } from './style.ts'

export type MessagesDeps = OverviewDeps & SearchDeps & { basePath: string }

/** The pages about messages, for operators. app.ts adds the login. */
export const messages: FastifyPluginAsync<MessagesDeps> = async (app, deps) => {
  const { redis, basePath, historyHours } = deps
  const search = await createSearch(deps)
  const form = { findsPhones: deps.phoneKey !== undefined }
  const options = { helmet: MESSAGES_HEADERS, exposeHeadRoute: true }

  /** @param path the page that the link to the other language leads to */
  function viewOf(request: FastifyRequest, path: string, query: Record<string, string> = {}): View {
    const lang = fieldOf(request.query, 'lang')
    const chosen = lang === 'zh' || lang === 'en' ? lang : undefined
    const preferred = prefersEnglish(request.headers['accept-language']) ? 'en' : 'zh'
    return createView({ basePath, preferred, chosen, path, query })
  }

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body.toString()))),
  )
  app.setErrorHandler((err: Error & { statusCode?: number }, request, reply) => {
    if (!isOutage(err, redis.status !== 'ready')) throw err
    const view = viewOf(request, '/messages')
    return sendPage(reply, notice(view, view.say('away_title'), view.say('away_why')), 503)
  })

  for (const url of ['/messages', '/messages/'])
    app.get(url, options, async (request, reply) => {
      const period = periodOf(fieldOf(request.query, 'period'))
      const view = viewOf(request, '/messages', { period })
      return sendPage(reply, overviewPage(view, await readOverview(deps, period), form))
    })

  app.get('/messages/style.css', { exposeHeadRoute: true }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(STYLE),
  )

  app.post(SEARCH_ROUTE, options, async (request, reply) => {
    const view = viewOf(request, '/messages')
    const found = await search(fieldOf(request.body, 'sought'))
    if ('path' in found) return reply.redirect(view.link(found.path), 303)
    const page = layout(view, view.say('search'), searchForm(view, { ...form, fault: found.fault }))
    return sendPage(reply, page, found.status)
  })

  app.get('/messages/requests/:requestId', options, async (request, reply) => {
    const id = fieldOf(request.params, 'requestId')
    const send = readSendId(id)
    const requests = send === null ? [] : await readHistory(redis, send.ph, historyHours)
    const found = requests.find((one) =>
      send?.n === null ? one.requestId === send.id : one.rid === send?.id && one.n === send.n,
    )
    if (found === undefined) {
      const view = viewOf(request, '/messages')
      const why = view.say(historyHours > 0 ? 'unknown_why' : 'history_off')
      return sendPage(reply, notice(view, view.say('unknown_title'), why), 404)
    }
    const view = viewOf(request, `/messages/requests/${id}`)
    return sendPage(reply, requestPage(view, found.requestId, maskRequest(found)))
  })

  app.get('/messages/phones/:phone', options, async (request, reply) => {
    const ph = fieldOf(request.params, 'phone')
    if (!isPseudonym(ph)) {
      const view = viewOf(request, '/messages')
      return sendPage(reply, notice(view, view.say('unknown_title'), view.say('unknown_why')), 404)
    }
    const requests = await readHistory(redis, ph, historyHours)
    const view = viewOf(request, `/messages/phones/${ph}`)
    return sendPage(reply, phonePage(view, ph, requests.map(maskRequest), historyHours > 0))
  })
}

const sendPage = (reply: FastifyReply, page: Html, status = 200) =>
  reply.code(status).type('text/html; charset=utf-8').send(markupOf(page))

/** A text of a query, of parameters or of a form; '' for anything else. */
function fieldOf(values: unknown, name: string): string {
  const value: unknown = typeof values === 'object' && values !== null ? Reflect.get(values, name) : undefined
  return typeof value === 'string' ? value : ''
}
