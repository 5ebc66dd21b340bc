// What the floors of the API and of the worker share: their queue, with the options of the product's queue `sms`.
export const FLOOR_PREFIX = '{floor}'
export const FLOOR_QUEUE = 'sms'
export const FLOOR_JOB = {
  attempts: 60,
  backoff: { type: 'custom' },
  sizeLimit: 2_048,
  lifo: true,
  stackTraceLimit: 0,
}
