-- Reads a part of a channel's log: {top offset, epoch or false, {offset, data, offset, data, …}}.
--
-- KEYS[1]  the channel's meta hash, KEYS[2] its log: see publish.lua
-- ARGV     the offset after which to begin, how many at most, log TTL ms
local meta = redis.call('HMGET', KEYS[1], 'o', 'e')
local time = redis.call('TIME')
local outdated = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[3])

local page = {}
local from = string.format('%.0f-0', ARGV[1] + 1)
local entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[2])
for _, entry in ipairs(entries or {}) do -- COUNT 0 answers nil
  local offset, published = entry[1]:match('^(%d+)-(%d+)$')
  if tonumber(published) > outdated then
    page[#page + 1] = tonumber(offset)
    page[#page + 1] = entry[2][2]
  end
end
return { tonumber(meta[1]) or 0, meta[2], page }
