/**
 * Deletes all keys of a phone in one step, so that nothing is left half.
 *
 * KEYS: those of keys.ofPhone. Answers for each {1} it was there or {0} it was not.
 */
export const ERASE = `
local were = {}
for i, key in ipairs(KEYS) do were[i] = redis.call('DEL', key) end
return were
`
