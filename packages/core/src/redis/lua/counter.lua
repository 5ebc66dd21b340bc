-- Counters of sliding windows. A window is divided into `parts` buckets, and a counter has the units of the current
-- bucket and of as many buckets before as there are parts. The estimate of a window is the sum of the newest `parts`
-- buckets and a share of the oldest one: the part of it that the window still covers. docs/abuse.md states the error bound.
--
-- A counter is one binary string (struct.pack): the time at which its buckets begin, ms; the age at which it was last
-- changed, ms; and for each window its seconds and the units of its buckets, the current one first. A counter of three
-- windows with one part has 44 bytes, the most that Redis keeps in one block of memory. A window that the string does
-- not have at its place begins at 0. `windows` is a list {most, seconds, most, seconds, ...}. This file needs `now` in
-- ms, from time.lua.
--
-- In Lua a counter is a list of the numbers of the string: one table, one unpack and one pack for all windows.
local START, AGE, HEAD = 1, 2, 2

local function form(parts, windows)
  return '>I6I5' .. string.rep(parts == 1 and 'I3I4I4' or 'I3' .. string.rep('I4', parts + 1), windows)
end

-- open(text, parts): answers a counter. `text` is false for a key that does not exist.
local function open(text, parts)
  local windows = text and (#text - 11) / (7 + 4 * parts)
  if not windows or windows % 1 ~= 0 then return {now, 0, parts = parts} end
  local counter = {struct.unpack(form(parts, windows), text)}
  -- unpack also answers where it ended.
  counter[#counter] = nil
  counter.parts = parts
  return counter
end

-- roll(counter, i, seconds): moves window `i` to its current bucket, once for each `open`. Answers the index of the
-- current bucket in the counter, the number of ms of the bucket that follow the current one, and its length in ms.
local function roll(counter, i, seconds)
  local parts, age = counter.parts, now - counter[START]
  local at, length, passed = HEAD + (i - 1) * (parts + 2) + 2, seconds * 1000 / parts, 0
  if counter[at - 1] ~= seconds then
    counter[at - 1] = seconds
    for part = at, at + parts do counter[part] = 0 end
  else
    passed = math.floor(age / length) - math.floor(counter[AGE] / length)
    if passed > 0 then
      for part = parts, 0, -1 do counter[at + part] = part >= passed and counter[at + part - passed] or 0 end
    end
  end
  -- After a failover the clock of Redis may be behind. The bucket then counts as just begun.
  return at, passed < 0 and length - 1 or length - 1 - age % length, length
end

-- whole(counter, at, buckets): the units of the newest buckets.
local function whole(counter, at, buckets)
  local units = 0
  for bucket = at, at + buckets - 1 do units = units + counter[bucket] end
  return units
end

-- used(counter, at, left, length): estimates the units of a window. The arguments are those that `roll` answers.
local function used(counter, at, left, length)
  local parts = counter.parts
  return whole(counter, at, parts) + math.floor(counter[at + parts] * left / length)
end

-- wait_for(counter, windows): answers the ms until one more unit fits into all windows, 0 if it fits now, and the most
-- units of a window.
local function wait_for(counter, windows)
  local longest, most_units, parts = 0, 0, counter.parts
  for i = 1, #windows / 2 do
    local most, at, left, length = windows[2 * i - 1], roll(counter, i, windows[2 * i])
    local units = used(counter, at, left, length)
    if units > most_units then most_units = units end
    if units >= most then
      -- After each bucket that begins, the window covers one bucket less as a whole.
      local whole_buckets, wait = parts, left
      while whole(counter, at, whole_buckets) >= most do
        whole_buckets, wait = whole_buckets - 1, wait + length
      end
      local free, share = most - whole(counter, at, whole_buckets), counter[at + whole_buckets]
      wait = wait + 1 - math.min(length, math.ceil(free * length / share))
      longest = math.max(longest, math.ceil(wait), 1)
    end
  end
  return longest, most_units
end

-- save(key, counter, windows): stores a counter with its first `windows` windows. The key expires when the newest unit
-- is older than the longest window, because no window contains a unit then. The share of the oldest bucket would refuse
-- for up to a bucket longer.
local function save(key, counter, windows)
  local parts, longest = counter.parts, 0
  local width = parts + 2
  local last = HEAD + windows * width
  for at = HEAD + 1, last, width do
    if counter[at] > longest then longest = counter[at] end
  end
  counter[AGE] = math.max(counter[AGE], now - counter[START])
  redis.call('SET', key, struct.pack(form(parts, windows), unpack(counter, 1, last)), 'PX', longest * 1000)
end

-- take(key, counter, windows): adds a unit to all windows of a counter and stores it. wait_for has rolled the windows.
local function take(key, counter, windows)
  local count, width = #windows / 2, counter.parts + 2
  for at = HEAD + 2, HEAD + count * width, width do counter[at] = counter[at] + 1 end
  save(key, counter, count)
end
