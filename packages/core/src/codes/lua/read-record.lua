-- read_record(code, field, ...): answers the given fields of a code record, by name. A field that was not written has
-- its default. So issue.lua writes a third of the fields, and Redis keeps the record in its small form (a listpack)
-- until the third send of a code.
local function read_record(code, ...)
  local defaults = {other_request_ids = '', guesses_without_id = '0', used = '0', channel = 'sms', reason = '',
    moves = '0', may_move = '1', fence = '0', lease_until = '0', gateway = '', message_id = '', called_at = '0',
    doubted_gateway = '', doubted_at = '0', unresolved_doubt = '0', second_send_risked = '0',
    sms_doubted_gateway = '', sms_doubted_at = '0', sms_second_send_risked = '0', mail_state = 'none'}
  local values, record = redis.call('HMGET', code, ...), {}
  for i, name in ipairs({...}) do record[name] = values[i] or defaults[name] end
  return record
end
