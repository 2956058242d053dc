-- Reads a part of a channel's log: {top offset, epoch or false, {offset, data, offset, data, …}}.
--
-- KEYS[1]  the channel's meta hash, KEYS[2] its log: see publish.lua
-- ARGV     the offset after which to begin, how many at most, log TTL ms
local meta = redis.call('HMGET', KEYS[1], 'o', 'e')
local time = redis.call('TIME')
local outdated = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[3])

local limit, next_offset = tonumber(ARGV[2]), ARGV[1] + 1
local page = {}
while #page < limit * 2 do -- outdated entries may fill whole pages
  local from = string.format('%.0f-0', next_offset)
  local entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', limit)
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    local offset, published = entry[1]:match('^(%d+)-(%d+)$')
    next_offset = offset + 1
    if tonumber(published) > outdated and #page < limit * 2 then
      page[#page + 1] = tonumber(offset)
      page[#page + 1] = entry[2][2]
    end
  end
end
return { tonumber(meta[1]) or 0, meta[2], page }
