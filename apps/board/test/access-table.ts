/**
 * The access rules: a method, a path, and the statuses for a visitor without credentials, a visitor with a wrong
 * password, the reader and the writer. The job exists and is delayed.
 */
const parse = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => {
      const [method = '', url = '', ...statuses] = row.split(/ +/)
      return { method, url, statuses: statuses.map(Number) }
    })

/** Every route of the board. */
export const ROUTES = parse(`
GET /                                                          401 401 200 200
GET /livez                                                     200 200 200 200
HEAD /livez                                                    200 200 200 200
GET /readyz                                                    200 200 200 200
HEAD /readyz                                                   200 200 200 200
GET /messages                                                  401 401 200 200
HEAD /messages                                                 401 401 200 200
GET /messages/                                                 401 401 200 200
HEAD /messages/                                                401 401 200 200
GET /messages/style.css                                        401 401 200 200
HEAD /messages/style.css                                       401 401 200 200
POST /messages/search                                          401 401 400 400
GET /messages/requests/:requestId                              401 401 404 404
HEAD /messages/requests/:requestId                             401 401 404 404
GET /messages/phones/:phone                                    401 401 404 404
HEAD /messages/phones/:phone                                   401 401 404 404
GET /metrics                                                   401 401 200 200
GET /metrics-history                                           401 401 200 200
GET /job-schedulers                                            401 401 200 200
GET /queue/:queueName                                          401 401 200 200
GET /queue/:queueName/:jobId                                   401 401 200 200
GET /api/redis/stats                                           401 401 403 403
GET /api/queues                                                401 401 200 200
PUT /api/queues/pause                                          401 401 405 200
PUT /api/queues/resume                                         401 401 405 200
GET /api/queues/:queueName/metrics                             401 401 200 200
GET /api/queues/:queueName/default-job-options                 401 401 200 200
GET /api/queues/:queueName/workers                             401 401 403 403
GET /api/queues/:queueName/rate-limit                          401 401 200 200
PUT /api/queues/:queueName/rate-limit                          401 401 405 403
PUT /api/queues/:queueName/rate-limit/release                  401 401 405 403
PUT /api/queues/:queueName/retry/:queueStatus                  401 401 405 200
PUT /api/queues/:queueName/resume                              401 401 405 200
GET /api/queues/:queueName/job-data-schema                     401 401 200 200
PATCH /api/queues/:queueName/job-schedulers/:schedulerId       401 401 405 403
PUT /api/queues/:queueName/job-schedulers/:schedulerId/remove  401 401 405 403
PUT /api/queues/:queueName/job-schedulers/:schedulerId/run     401 401 405 403
POST /api/queues/:queueName/add                                401 401 405 403
PUT /api/queues/:queueName/promote                             401 401 405 200
PUT /api/queues/:queueName/pause                               401 401 405 200
PUT /api/queues/:queueName/clean/:queueStatus                  401 401 405 200
PUT /api/queues/:queueName/concurrency                         401 401 405 403
PUT /api/queues/:queueName/empty                               401 401 405 403
PUT /api/queues/:queueName/obliterate                          401 401 405 403
GET /api/queues/:queueName/:jobId                              401 401 200 200
GET /api/queues/:queueName/:jobId/logs                         401 401 200 200
GET /api/queues/:queueName/:jobId/flow                         401 401 200 200
PUT /api/queues/:queueName/:jobId/retry                        401 401 405 400
PUT /api/queues/:queueName/:jobId/remove-unprocessed-children  401 401 405 403
PUT /api/queues/:queueName/:jobId/clean                        401 401 405 403
PUT /api/queues/:queueName/:jobId/promote                      401 401 405 204
PATCH /api/queues/:queueName/:jobId/priority                   401 401 405 403
PATCH /api/queues/:queueName/:jobId/update-data                401 401 405 403
PATCH /api/queues/:queueName/:jobId/delay                      401 401 405 403
GET /api/job-schedulers                                        401 401 200 200
HEAD /static/*                                                 401 401 200 200
GET /static/*                                                  401 401 200 200
`)

const LONG = 'x'.repeat(200)

/** Paths that are not a route, or not with this method. */
export const OTHERS = parse(`
GET /nope                           401 401 404 404
GET /messages/requests/%zz          401 401 400 400
GET /messages/search                401 401 404 404
POST /messages                      401 401 405 403
PUT /messages/search                401 401 405 403
POST /messages/search/              401 401 405 403
POST /messages/requests/x           401 401 405 403
GET /static/nope.js                 401 401 404 404
GET /api/nope                       401 401 404 404
GET /livez/                         401 401 404 404
GET /livez/x                        401 401 404 404
GET /%zz                            401 401 400 400
GET /api/queues/%zz                 401 401 400 400
GET /api/queues/none                401 401 404 404
GET /api/queues/none/job            401 401 404 404
GET /api/queues/none/rate-limit     401 401 404 404
GET /api/queues/..%2fsms/job        401 401 404 404
GET /api/queues/%2e%2e/job          401 401 404 404
GET /queue/..%2f..%2fetc%2fpasswd   401 401 200 200
GET /static/..%2f..%2fpackage.json  401 401 404 404
GET /static/%2e%2e/package.json     401 401 404 404
GET /api/queues/sms%00/job          401 401 404 404
GET //api/queues                    401 401 404 404
GET /API/queues                     401 401 404 404
GET /api/queues/                    401 401 404 404
PUT /api/queues/sms/clean/wait      401 401 405 403
PUT /api/queues/sms/clean/active    401 401 405 403
PUT /api/queues/sms/clean/delayed   401 401 405 403
PUT /api/queues/sms/clean/paused    401 401 405 403
PUT /api/queues/sms/clean/Failed    401 401 405 403
PUT /api/queues/sms/clean/fail%65d  401 401 405 200
PUT /api/queues/none/pause          401 401 405 404
PUT /api/queues/..%2fsms/pause      401 401 405 404
PUT /api/queues/sms/none/retry      401 401 405 404
PUT /api/queues/%zz/pause           401 401 400 400
GET /api/queues/${LONG}/job  401 401 414 414
GET /api/queues/sms/${LONG}  401 401 414 414
HEAD /                           401 401 404 404
OPTIONS /                        401 401 405 403
POST /                           401 401 405 403
PUT /                            401 401 405 403
DELETE /                         401 401 405 403
PATCH /                          401 401 405 403
OPTIONS /livez                   401 401 405 403
POST /livez                      401 401 405 403
PUT /livez                       401 401 405 403
DELETE /livez                    401 401 405 403
PATCH /livez                     401 401 405 403
OPTIONS /readyz                  401 401 405 403
POST /readyz                     401 401 405 403
PUT /readyz                      401 401 405 403
DELETE /readyz                   401 401 405 403
PATCH /readyz                    401 401 405 403
HEAD /api/queues                 401 401 404 404
OPTIONS /api/queues              401 401 405 403
POST /api/queues                 401 401 405 403
PUT /api/queues                  401 401 405 403
DELETE /api/queues               401 401 405 403
PATCH /api/queues                401 401 405 403
HEAD /static/images/logo.svg     401 401 200 200
OPTIONS /static/images/logo.svg  401 401 405 403
POST /static/images/logo.svg     401 401 405 403
PUT /static/images/logo.svg      401 401 405 403
DELETE /static/images/logo.svg   401 401 405 403
PATCH /static/images/logo.svg    401 401 405 403
HEAD /nope                       401 401 404 404
OPTIONS /nope                    401 401 405 403
POST /nope                       401 401 405 403
PUT /nope                        401 401 405 403
DELETE /nope                     401 401 405 403
PATCH /nope                      401 401 405 403
`)
