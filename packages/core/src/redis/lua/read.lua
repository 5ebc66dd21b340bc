-- read(key, field, ...): answers the given fields of a hash, by name. A field that does not exist is nil.
local function read(key, ...)
  local values, fields = redis.call('HMGET', key, ...), {}
  for i, name in ipairs({...}) do fields[name] = values[i] or nil end
  return fields
end
