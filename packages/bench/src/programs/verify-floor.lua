-- Counts and compares one guess of a code, and marks a code that was found as used.
--
-- KEYS[1] the code record
-- ARGV[1] digest of the guess
-- Answers 'ok' or 'no'
local record, guess = KEYS[1], ARGV[1]

local digest, guesses = unpack(redis.call('HMGET', record, 'digest', 'guesses'))
if not digest or tonumber(guesses) >= 5 then return 'no' end
redis.call('HINCRBY', record, 'guesses', 1)
if digest ~= guess then return 'no' end
redis.call('HDEL', record, 'digest')
redis.call('HSET', record, 'status', 'used')
return 'ok'
