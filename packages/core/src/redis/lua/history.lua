-- The history of a phone is a list of its newest requests, the oldest first. An entry is a header and events:
--     <send>.<number> <request> <scene> <at>;<kind><times>,<after>,<took>,<what>;...
-- `send` and `request` are the random parts of request ids, and `request` is `-` if both are the same. `at` is in ms
-- since 1970, `after` in ms since `at`. Kind `c` is an answer of a gateway that took `took` ms, with
-- `<channel>,<gateway>,<class>,<code>`. Kind `s` is a change of status, with `<status>,<code>`.
local MOST_REQUESTS, MOST_BYTES = 20, 2000

-- with_event(entry, at, kind, took, what): the entry with one event more. An event that repeats the last one is counted
-- there. In an entry that is too long, the first four events and the newest ones stay.
local function with_event(entry, at, kind, took, what)
  local begun = string.match(entry, '^%S+ %S+ %S+ (%d+)')
  local before, times, last = string.match(entry, '^(.*);' .. kind .. '(%d+),%d+,%d+,([^;]*)$')
  if last ~= what then before, times = entry, 0 end
  local event = kind .. times + 1 .. ',' .. math.max(0, at - begun) .. ',' .. took .. ',' .. what
  local longer = before .. ';' .. event
  if #longer <= MOST_BYTES then return longer end
  return (string.gsub(longer, '^([^;]*;[^;]*;[^;]*;[^;]*;[^;]*);[^;]*', '%1'))
end

-- add_request(history, keep, entry): adds a request, and removes requests that are too many or older than `keep` ms.
local function add_request(history, keep, entry)
  if redis.call('RPUSH', history, entry) > 1 then
    redis.call('LTRIM', history, -MOST_REQUESTS, -1)
    while now - string.match(redis.call('LINDEX', history, 0), '^%S+ %S+ %S+ (%d+)') > keep do
      redis.call('LPOP', history)
    end
  end
  redis.call('PEXPIRE', history, keep)
end

-- note(history, rid, number, answer, status, code): adds to a send the answer of a gateway (`<took> <channel>,...`) and
-- then a change of status; either may be ''. Answers the last answer of a gateway, or '' if the send has no entry.
local function note(history, rid, number, answer, status, code)
  if answer == '' and status == '' then return '' end
  local entries = redis.call('LRANGE', history, 0, -1)
  local head = string.sub(rid, 24) .. '.' .. number .. ' '
  for i = #entries, 1, -1 do
    local entry = entries[i]
    if string.sub(entry, 1, #head) == head then
      local took, what = string.match(answer, '^(%d+) (.*)$')
      if took then entry = with_event(entry, now - took, 'c', took, what) end
      if status ~= '' then entry = with_event(entry, now, 's', 0, status .. ',' .. code) end
      if entry ~= entries[i] then redis.call('LSET', history, i - 1, entry) end
      return string.match(entry, '.*;c%d+,%d+,%d+,([^;]*)') or ''
    end
  end
  return ''
end
