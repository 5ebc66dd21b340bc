-- The history of a phone is a text with a line for each of its newest requests, the oldest first. A line is a header
-- and events:
--     <send>.<number> <request> <scene> <at>;<kind><times>,<after>,<took>,<what>;...
-- `send` and `request` are the random parts of request ids, and `request` is `-` if both are the same. `at` is in ms
-- since 1970, `after` in ms since `at`. Kind `c` is an answer of a gateway that took `took` ms, with
-- `<channel>,<gateway>,<class>,<code>`. Kind `s` is a change of status, with `<status>,<code>`. The line of a refused
-- request begins with `-.0 - <scene> <at>`, because no send was made. A text needs half of the memory of a list.
local MOST_REQUESTS, MOST_BYTES = 20, 2000

-- with_event(line, at, kind, took, what): the line with one event more. An event that repeats the last one is counted
-- there. In a line that is too long, the first four events and the newest ones stay.
local function with_event(line, at, kind, took, what)
  local begun = string.match(line, '^%S+ %S+ %S+ (%d+)')
  local before, times, last = string.match(line, '^(.*);' .. kind .. '(%d+),%d+,%d+,([^;]*)$')
  if last ~= what then before, times = line, 0 end
  local event = kind .. times + 1 .. ',' .. math.max(0, at - begun) .. ',' .. took .. ',' .. what
  local longer = before .. ';' .. event
  if #longer <= MOST_BYTES then return longer end
  return (string.gsub(longer, '^([^;]*;[^;]*;[^;]*;[^;]*;[^;]*);[^;]*', '%1'))
end

-- add_request(history, keep, life, line): adds a request, and removes requests that are too many or older than `keep`
-- ms. The history lives for `life` ms.
local function add_request(history, keep, life, line)
  local lines = redis.call('GET', history) or ''
  local _, count = string.gsub(lines, '\n', '')
  for at in string.gmatch(lines, '\n%S+ %S+ %S+ (%d+)') do
    if count < MOST_REQUESTS and now - at <= keep then break end
    lines, count = string.match(lines, '^\n[^\n]*(.*)$'), count - 1
  end
  redis.call('SET', history, lines .. '\n' .. line, 'PX', life)
end

local LOOK_UPS = {taken = true, refused = true, unknown = true}

-- Answers the last answer of a gateway to a call with the message, or ''. A look-up has no code of the vendor.
local function last_answer_in(line)
  local last = ''
  for what in string.gmatch(line, ';c%d+,%d+,%d+,([^;]*)') do
    if not LOOK_UPS[string.match(what, '^[^,]*,[^,]*,([^,]*)')] then last = what end
  end
  return last
end

-- note(history, rid, number, answer, status, code): adds to a send the answer of a gateway (`<took> <channel>,...`) and
-- then a change of status; either may be ''. A send that has ended is not `replaced`. Answers the last answer of a
-- gateway if the status is `failed`, or ''.
local function note(history, rid, number, answer, status, code)
  if answer == '' and status == '' then return '' end
  local lines = redis.call('GET', history) or ''
  local begin = string.find(lines, '\n' .. string.sub(rid, 24) .. '.' .. number .. ' ', 1, true)
  if not begin then return '' end
  local rest = string.find(lines, '\n', begin + 1, true) or #lines + 1
  local line = string.sub(lines, begin + 1, rest - 1)
  local took, what = string.match(answer, '^(%d+) (.*)$')
  if took then line = with_event(line, now - took, 'c', took, what) end
  if status == 'replaced' then
    local before = string.match(line, '^.*;s%d+,%d+,%d+,([^,;]*)') or 'moved'
    if before ~= 'moved' then status = '' end
  end
  if status ~= '' then line = with_event(line, now, 's', 0, status .. ',' .. code) end
  redis.call('SET', history, string.sub(lines, 1, begin) .. line .. string.sub(lines, rest), 'KEEPTTL')
  return status == 'failed' and last_answer_in(line) or ''
end
