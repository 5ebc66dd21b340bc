-- move_to_email(code, reason, is_certain): queues a send on the channel email. `is_certain` is true if
-- certainly no SMS left. Otherwise the send counts against the limits of its phone even if the send fails later.
local function move_to_email(code, reason, is_certain)
  redis.call('HSET', code, 'status', 'queued', 'channel', 'email', 'reason', reason, 'lease_until', 0, 'gateway', '',
    'message_id', '', 'doubted_gateway', '', 'second_send_risked', 0, 'unresolved_doubt', is_certain and 0 or 1)
end
