-- end_late(code, sends, send, is_certain): fails a send whose time is over. Answers the unit of the budget that
-- comes back, else ''. Slot and unit come back only if certainly no message left: otherwise a fault could be used
-- to send more messages than the limits allow. Needs `now` from time.lua.
local function end_late(code, sends, send, is_certain)
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late', 'failed_at', now)
  if not is_certain then return '' end
  redis.call('ZREM', sends, send)
  return redis.call('HGET', code, 'budget_unit')
end
