-- Adds copies of a waiting job to its queue, below the jobs that wait already: a worker takes them last.
--
-- KEYS[1] the list of waiting jobs; KEYS[2] the job to copy
-- ARGV[1] what the name of a copy begins with; ARGV[2], ARGV[3] the first and last number of a copy
local waiting, job = KEYS[1], KEYS[2]
local prefix, first, last = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local fields = redis.call('HGETALL', job)
local queue = string.match(job, '^(.*:)')
for number = first, last do
  local id = prefix .. number
  redis.call('HSET', queue .. id, unpack(fields))
  redis.call('LPUSH', waiting, id)
end
return last - first + 1
