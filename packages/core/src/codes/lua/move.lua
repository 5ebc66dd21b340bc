-- move(code, record, change): queues a send on the other channel and answers the number of its moves. `record` has
-- `channel`, `moves` and, on the channel email, the fields `sms_...`. `change` has
--   reason      why the send leaves its channel
--   is_certain  whether certainly no message left; otherwise the send counts against the limits even if it fails later
--   may_return  1 if the send may come back to the channel that it leaves, else 0
--   gateway, at, risked  the doubt about an SMS gateway, see claim.lua. It is kept until the send is back on SMS.
local function move(code, record, change)
  local is_return = record.channel == 'email'
  local moves = record.moves + 1
  redis.call('HSET', code, 'status', 'queued', 'channel', is_return and 'sms' or 'email', 'reason', change.reason,
    'lease_until', 0, 'gateway', '', 'message_id', '', 'unresolved_doubt', change.is_certain and 0 or 1,
    'moves', moves, 'may_move', change.may_return)
  if is_return then
    redis.call('HSET', code, 'doubted_gateway', record.sms_doubted_gateway,
      'doubted_at', record.sms_doubted_at, 'second_send_risked', record.sms_second_send_risked)
  else
    redis.call('HSET', code, 'doubted_gateway', '', 'doubted_at', 0, 'second_send_risked', 0,
      'sms_doubted_gateway', change.gateway, 'sms_doubted_at', change.at, 'sms_second_send_risked', change.risked)
  end
  return moves
end
