/**
 * The environment of the measured API. The load generator acts as a trusted proxy, so it can send another client
 * address with each request. Every limit is checked and none is reached, although a round sends in seconds what a
 * service sends in a day.
 */
export const API_ENV = {
  TRUST_PROXY: '127.0.0.1',
  LIMIT_SUBNET_IMAGES: '1000000/60',
  LIMIT_SUBNET_ATTEMPTS: '1000000/600',
  LIMIT_SUBNET_VERIFIES: '1000000/300',
  LIMIT_SUBNET_SENDS: '1000000/3600',
  LIMIT_SEGMENT_SENDS: '1000000/60',
  BUDGET_MESSAGES: '1000000/3600,5000000/86400',
  // Off, because no worker empties the queue while the API is compared, and a backlog is measured.
  QUEUE_MAX_AGE_SECONDS: '0',
}
