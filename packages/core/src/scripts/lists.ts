import { NOW } from './windows.ts'

/**
 * The lists of an operator: sorted sets of entries by when they end, and a version that is another one after
 * every change, so that who keeps a copy of the networks knows when it is old.
 */
const VERSION = `
local function changed(key) redis.call('SET', key, time[1] .. '.' .. time[2]) end
`

/**
 * Which of several names stand on the lists, and the networks for whoever does not have them yet. What has
 * ended is forgotten here.
 *
 * KEYS: the allowed, the denied, the version. ARGV: the version the caller knows, then the names.
 * Answers {version, the allowed name or '', the denied name or ''}, and where the version is another one
 * behind them pairs of ('allow' or 'deny', network).
 */
export const LOOK = `
${NOW}${VERSION}
local ended = 0
for i = 1, 2 do ended = ended + redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now) end
if ended > 0 then changed(KEYS[3]) end
local answer = {redis.call('GET', KEYS[3]) or '', '', ''}
for i = 1, 2 do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    for n = 2, #ARGV do
      if redis.call('ZSCORE', KEYS[i], ARGV[n]) then answer[i + 1] = ARGV[n] end
    end
  end
end
if answer[1] == ARGV[1] then return answer end
for i, list in ipairs({'allow', 'deny'}) do
  for _, entry in ipairs(redis.call('ZRANGE', KEYS[i], 0, -1)) do
    if string.find(entry, '/', 1, true) then
      table.insert(answer, list)
      table.insert(answer, entry)
    end
  end
end
return answer
`

/**
 * Puts an entry on one list, and takes it off the other.
 *
 * KEYS: its list, the other one, the version. ARGV: the entry, ms until it ends or 0. Answers {1}.
 */
export const PUT = `
${NOW}${VERSION}
local ends = '+inf'
if tonumber(ARGV[2]) > 0 then ends = now + ARGV[2] end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[1], ends, ARGV[1])
changed(KEYS[3])
return {1}
`

/** KEYS: the list, the version. ARGV: the entry. Answers {1} or {0} (it was not there). */
export const REMOVE = `
${NOW}${VERSION}
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return {0} end
changed(KEYS[2])
return {1}
`
