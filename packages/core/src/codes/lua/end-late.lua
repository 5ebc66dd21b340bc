-- end_late(code, sends, rid, number, is_certain): fails a send whose time is over. Answers the time of the unit that the
-- caller must give back to the budget, or 0. If a message may have left (`is_certain` is false), the send still counts
-- against the limits of its phone and against the budget. `now` comes from time.lua, and `give_back` from send-unit.lua.
local function end_late(code, sends, rid, number, is_certain)
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late', 'failed_at', now)
  if not is_certain then return 0 end
  give_back(sends, rid, number)
  return redis.call('HGET', code, 'budget_unit')
end
