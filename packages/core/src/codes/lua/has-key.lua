-- Whether the ids of the caller's code keys contain `key_id`. The ids are every `step`th argument from `first` on.
local function has_key(key_id, first, step)
  for i = first, #ARGV, step do
    if ARGV[i] == key_id then return true end
  end
  return false
end
