-- Deletes all keys of a phone in one step, so that a failure cannot leave some of the keys.
--
-- KEYS all keys of the phone
-- Answers {'erased'} with a row {key, index} for each key that existed
local answer = {'erased'}
for index, key in ipairs(KEYS) do
  if redis.call('DEL', key) == 1 then table.insert(answer, {'key', 'index', index}) end
end
return answer
