-- A send counts as one unit in the phone's sends. The unit's name is a part of the request id and the number of the
-- send, which are unique for a phone. The whole id would need 48 bytes more, for a day.
local function unit_of(rid, number) return string.sub(rid, 24, 33) .. '.' .. number end

-- give_back(sends, rid, number): a send that certainly did not leave stops counting. The second name is that of the
-- version before this one: its sends end within minutes after the upgrade.
local function give_back(sends, rid, number)
  redis.call('ZREM', sends, unit_of(rid, number), rid .. '.' .. number)
end
