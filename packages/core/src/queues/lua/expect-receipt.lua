-- Stores which send a gateway's message belongs to, and answers a delivery receipt that was parked (stored) before.
--
-- KEYS[1] the message, by the gateway's id for it or by an id of ours that the gateway repeats
-- ARGV[1] the send's job as JSON; ARGV[2] ms to keep the job
-- Answers {'expected', parked}: `parked` is 'delivered' | 'undelivered', or '' if no receipt came yet
local message, job, keep = KEYS[1], ARGV[1], ARGV[2]

redis.call('HSET', message, 'send', job)
redis.call('PEXPIRE', message, keep)
return {'expected', 'parked', redis.call('HGET', message, 'parked') or ''}
