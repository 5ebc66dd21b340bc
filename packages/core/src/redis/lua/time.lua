-- `now` is in milliseconds since 1970, by the clock of Redis, so that a wrong clock of a host cannot change a limit.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
