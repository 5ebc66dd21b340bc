/**
 * The environment and the policy of the measured API. The load generator acts as a trusted proxy, so it can send another client
 * address with each request. Every limit is checked and none is reached, although a round sends in seconds what a
 * service sends in a day.
 */
export const API_POLICY = {
  limits: {
    subnet: {
      images: ['1000000/60s'],
      attempts: ['1000000/10m'],
      verifies: ['1000000/5m'],
      sends: ['1000000/1h'],
    },
    segment: ['1000000/60s'],
  },
  budget: { messages: ['1000000/1h', '5000000/1d'] },
  // Off, because no worker empties the queue while the API is compared, and a backlog is measured.
  overload: { queue_max_age: '0s' },
}
export const API_ENV = { TRUST_PROXY: '127.0.0.1' }
