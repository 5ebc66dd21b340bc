-- end_late(code, sends, rid, number, is_certain): fails a send whose time is over. Answers the id
-- that the caller must remove from the budget, or ''. If a message may have left (`is_certain` is false), the send
-- still counts against the limits of its phone and against the budget. `now` comes from time.lua, and
-- `give_back` from send-unit.lua.
local function end_late(code, sends, rid, number, is_certain)
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late', 'failed_at', now)
  if not is_certain then return '' end
  give_back(sends, rid, number)
  return redis.call('HGET', code, 'budget_unit')
end
