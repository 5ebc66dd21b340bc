-- Adds a refused request to the history of a phone. Equal refusals in a row are one entry with a count.
--
-- KEYS[1] history of the phone
-- ARGV[1] scene; ARGV[2] why the request was refused; ARGV[3] ms to keep the history
-- Answers {'noted'}
--- @include "time"
--- @include "history"
local history, scene, reason, keep = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])

local head, what = '-.0 - ' .. scene .. ' ', 'refused,' .. reason
local before, last = string.match(redis.call('GET', history) or '', '^(.*\n)([^\n]*)$')
if last and string.sub(last, 1, #head) == head and string.match(last, '^[^;]*;s%d+,%d+,0,([^;]*)$') == what then
  redis.call('SET', history, before .. with_event(last, now, 's', 0, what), 'PX', keep)
else
  add_request(history, keep, with_event(head .. now, now, 's', 0, what))
end
return {'noted'}
