-- Checks an image code and stores a code record, once per phone and minute.
--
-- KEYS[1] the text of the image; KEYS[2] the throttle of the phone; KEYS[3] the code record
-- ARGV[1] the answer of the caller, in lower case; ARGV[2] request id; ARGV[3] digest of the code
-- Answers 'issued', 'wrong' or 'throttled'
local image, throttle, record = KEYS[1], KEYS[2], KEYS[3]
local answer, rid, digest = ARGV[1], ARGV[2], ARGV[3]

local text = redis.call('GETDEL', image)
if not text or string.lower(text) ~= answer then return 'wrong' end
if not redis.call('SET', throttle, 1, 'NX', 'EX', 60) then return 'throttled' end
redis.call('HSET', record, 'rid', rid, 'digest', digest, 'status', 'queued', 'guesses', 0)
redis.call('EXPIRE', record, 300)
return 'issued'
