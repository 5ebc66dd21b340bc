-- Counters of sliding windows. A counter estimates the units of the last `seconds` from two integers: the units of the
-- current bucket of that length, and a share of the units of the bucket before. The share is the part of the bucket
-- before that the window still covers. docs/abuse.md states the error bound.
--
-- A counter is one binary string (struct.pack): the time at which its buckets begin, ms, and for each window its seconds,
-- the number of the current bucket, the units of this bucket, and the units of the bucket before. Decimal text made the
-- admission of a send 20 % slower. A window that the string does not have at its place begins at 0. `windows` is a list
-- {most, seconds, most, seconds, ...}. This file needs `now` in ms, from time.lua.

-- open(text): answers a counter as a list of its windows. `text` is false for a key that does not exist.
local function open(text)
  if not text then return {start = now} end
  local counter = {start = struct.unpack('>d', text)}
  for at = 9, #text, 16 do
    local seconds, bucket, current, before = struct.unpack('>I4I4I4I4', text, at)
    counter[#counter + 1] = {seconds = seconds, bucket = bucket, current = current, before = before}
  end
  return counter
end

-- roll(counter, i, seconds): moves window `i` to its current bucket and answers the window. `left` is the number of ms of
-- the bucket that follow the current one, and `length` the length of the bucket in ms.
local function roll(counter, i, seconds)
  local window, length, age = counter[i], seconds * 1000, now - counter.start
  local bucket = math.floor(age / length)
  if not window or window.seconds ~= seconds then
    window = {seconds = seconds, bucket = bucket, current = 0, before = 0}
    counter[i] = window
  end
  local passed = bucket - window.bucket
  if passed > 0 then
    window.bucket, window.before, window.current = bucket, passed == 1 and window.current or 0, 0
  end
  window.length = length
  -- After a failover the clock of Redis may be behind. The bucket then counts as just begun.
  window.left = passed < 0 and length - 1 or length - 1 - age % length
  return window
end

-- used(window): estimates the units of a window.
local function used(window) return window.current + math.floor(window.before * window.left / window.length) end

-- wait_for(counter, windows): answers the ms until one more unit fits into all windows, 0 if it fits now.
local function wait_for(counter, windows)
  local longest = 0
  for i = 1, #windows / 2 do
    local most, window = windows[2 * i - 1], roll(counter, i, windows[2 * i])
    if used(window) >= most then
      local free, units, wait = most - window.current, window.before, window.left
      -- A full bucket is the bucket before when the next one begins.
      if free <= 0 then free, units, wait = most, window.current, window.left + window.length end
      longest = math.max(longest, wait + 1 - math.min(window.length, math.ceil(free * window.length / units)), 1)
    end
  end
  return longest
end

-- save(key, counter): stores a counter. The key expires when the newest unit is older than the longest window, because
-- no window contains a unit then. The share of the bucket before would refuse for up to a window longer.
local function save(key, counter)
  local text, keep = struct.pack('>d', counter.start), 0
  for _, window in ipairs(counter) do
    text = text .. struct.pack('>I4I4I4I4', window.seconds, window.bucket, window.current, window.before)
    keep = math.max(keep, window.length)
  end
  redis.call('SET', key, text, 'PX', keep)
end

-- take(key, counter, windows): adds a unit to all windows of a counter and stores it. wait_for has rolled the windows.
local function take(key, counter, windows)
  for i = 1, #windows / 2 do counter[i].current = counter[i].current + 1 end
  for i = #counter, #windows / 2 + 1, -1 do counter[i] = nil end
  save(key, counter)
end
