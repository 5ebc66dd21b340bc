-- Compares the fingerprints of a process's keys with those in Redis. If none differs, the missing ones are stored. A
-- process with a wrong key therefore stores nothing.
--
-- KEYS[1] the fingerprints, a hash by the name of the key
-- ARGV[1] 1 to store missing fingerprints, 0 only to compare
-- ARGV[2..] the fingerprints of the process, as pairs of (name, fingerprint)
-- Answers {'compared', rows of {'differs', name}}: no rows if every key is the same as in the other processes
local stored, is_storing = KEYS[1], ARGV[1] == '1'
local FINGERPRINTS = 2

local answer = {'compared'}
for i = FINGERPRINTS, #ARGV, 2 do
  local known = redis.call('HGET', stored, ARGV[i])
  if known and known ~= ARGV[i + 1] then answer[#answer + 1] = {'differs', 'name', ARGV[i]} end
end
if #answer == 1 and is_storing then
  for i = FINGERPRINTS, #ARGV, 2 do redis.call('HSETNX', stored, ARGV[i], ARGV[i + 1]) end
end
return answer
