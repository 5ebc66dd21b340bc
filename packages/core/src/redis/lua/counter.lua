-- Counters of sliding windows. A window is divided into `parts` buckets, and a counter has the units of the current
-- bucket and of as many buckets before as there are parts. The estimate of a window is the sum of the newest `parts`
-- buckets and a share of the oldest one: the part of it that the window still covers. docs/abuse.md states the error bound.
--
-- A counter is one binary string (struct.pack): the time at which its buckets begin, ms; the age at which it was last
-- changed, ms; and for each window its seconds and the units of its buckets, the current one first. A counter of three
-- windows with one part has 44 bytes, the most that Redis keeps in one block of memory. A window that the string does
-- not have at its place begins at 0. `windows` is a list {most, seconds, most, seconds, ...}. This file needs `now` in
-- ms, from time.lua.

local function format(parts) return '>I3' .. string.rep('I4', parts + 1) end

-- open(text, parts): answers a counter as a list of its windows. `text` is false for a key that does not exist.
local function open(text, parts)
  local form, counter = format(parts), {start = now, age = 0, parts = parts}
  local width = struct.size(form)
  if not text or (#text - 11) % width ~= 0 then return counter end
  counter.start, counter.age = struct.unpack('>I6I5', text)
  for at = 12, #text, width do
    local window = {struct.unpack(form, text, at)}
    window.seconds = table.remove(window, 1)
    -- unpack also answers where it ended.
    window[parts + 2] = nil
    window.bucket = math.floor(counter.age * parts / (window.seconds * 1000))
    counter[#counter + 1] = window
  end
  return counter
end

-- roll(counter, i, seconds): moves window `i` to its current bucket and answers the window. window[1] has the units of
-- the current bucket. `left` is the number of ms of the bucket that follow the current one, and `length` its length in ms.
local function roll(counter, i, seconds)
  local window, parts, age = counter[i], counter.parts, now - counter.start
  local length = seconds * 1000 / parts
  local bucket = math.floor(age / length)
  if not window or window.seconds ~= seconds then
    window = {seconds = seconds, bucket = bucket}
    for part = 1, parts + 1 do window[part] = 0 end
    counter[i] = window
  end
  local passed = bucket - window.bucket
  if passed > 0 then
    for part = parts + 1, 1, -1 do window[part] = part > passed and window[part - passed] or 0 end
    window.bucket = bucket
  end
  window.length = length
  -- After a failover the clock of Redis may be behind. The bucket then counts as just begun.
  window.left = passed < 0 and length - 1 or length - 1 - age % length
  return window
end

-- whole(window, parts): the units of the newest `parts` buckets.
local function whole(window, parts)
  local units = 0
  for part = 1, parts do units = units + window[part] end
  return units
end

-- used(window, parts): estimates the units of a window.
local function used(window, parts)
  return whole(window, parts) + math.floor(window[parts + 1] * window.left / window.length)
end

-- wait_for(counter, windows): answers the ms until one more unit fits into all windows, 0 if it fits now.
local function wait_for(counter, windows)
  local longest, parts = 0, counter.parts
  for i = 1, #windows / 2 do
    local most, window = windows[2 * i - 1], roll(counter, i, windows[2 * i])
    if used(window, parts) >= most then
      -- After each bucket that begins, the window covers one bucket less as a whole.
      local whole_buckets, wait = parts, window.left
      while whole(window, whole_buckets) >= most do
        whole_buckets, wait = whole_buckets - 1, wait + window.length
      end
      local free, units = most - whole(window, whole_buckets), window[whole_buckets + 1]
      wait = wait + 1 - math.min(window.length, math.ceil(free * window.length / units))
      longest = math.max(longest, math.ceil(wait), 1)
    end
  end
  return longest
end

-- save(key, counter): stores a counter. The key expires when the newest unit is older than the longest window, because
-- no window contains a unit then. The share of the oldest bucket would refuse for up to a bucket longer.
local function save(key, counter)
  local form, keep = format(counter.parts), 0
  local text = {struct.pack('>I6I5', counter.start, math.max(counter.age, now - counter.start))}
  for _, window in ipairs(counter) do
    text[#text + 1] = struct.pack(form, window.seconds, unpack(window))
    keep = math.max(keep, window.seconds * 1000)
  end
  redis.call('SET', key, table.concat(text), 'PX', keep)
end

-- take(key, counter, windows): adds a unit to all windows of a counter and stores it. wait_for has rolled the windows.
local function take(key, counter, windows)
  for i = 1, #windows / 2 do counter[i][1] = counter[i][1] + 1 end
  for i = #counter, #windows / 2 + 1, -1 do counter[i] = nil end
  save(key, counter)
end
