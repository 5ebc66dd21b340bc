-- end_late(code, sends, send, is_certain): fails a send whose time is over. Answers the unit of the budget if the
-- unit comes back, else ''. The phone's slot in `sends` and the unit come back only if certainly no message left.
-- Otherwise a fault could be used to send more messages than the limits allow. `now` comes from time.lua.
local function end_late(code, sends, send, is_certain)
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late', 'failed_at', now)
  if not is_certain then return '' end
  redis.call('ZREM', sends, send)
  return redis.call('HGET', code, 'budget_unit')
end
