-- Adds a refused request to the history of a phone. Equal refusals in a row are one line with a count, and the newest
-- five lines of refusals are kept, so that refusals cannot remove the requests that had a message. A history without
-- other requests lives for an hour only, because a caller can be refused for any number of phones.
--
-- KEYS[1] history of the phone
-- ARGV[1] scene; ARGV[2] why the request was refused; ARGV[3] ms to keep the history
-- Answers {'noted'}
--- @include "time"
--- @include "history"
local history, scene, reason, keep = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local HOUR, MOST_REFUSALS = 3600000, 5

local head, what = '-.0 - ' .. scene .. ' ', 'refused,' .. reason
local life = math.max(redis.call('PTTL', history), math.min(keep, HOUR))
local lines = redis.call('GET', history) or ''
local before, last = string.match(lines, '^(.*\n)([^\n]*)$')
local at, noted = string.match(last or '', '^[^;]* (%d+);s%d+,%d+,0,([^;]*)$')
if noted == what and string.sub(last, 1, #head) == head and now - at <= keep then
  redis.call('SET', history, before .. with_event(last, now, 's', 0, what), 'PX', life)
else
  local _, refusals = string.gsub(lines, '\n%-%.0 ', '')
  if refusals >= MOST_REFUSALS then
    redis.call('SET', history, (string.gsub(lines, '\n%-%.0 [^\n]*', '', 1)), 'KEEPTTL')
  end
  add_request(history, keep, life, with_event(head .. now, now, 's', 0, what))
end
return {'noted'}
