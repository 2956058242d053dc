-- Reads a part of a channel's log: {top offset, epoch, first offset of the life, epoch and offset it
-- follows or false, {offset, age in ms, data, offset, …}}. Where there is no life, reading from 0 begins
-- one; whoever asks for what follows something is answered {0, false}: center knows what the next
-- life will follow, a reader does not.
--
-- KEYS[1]  the channel's meta hash, KEYS[2] its log: see publish.lua
-- ARGV     the offset after which to begin, how many at most, how many bytes of data at most (but
--          one publication), log TTL ms, meta TTL ms, the same while nothing was published,
--          identity, a name for a new epoch
local call = redis.call
local since, limit, max_bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local log_ttl, meta_ttl, empty_ttl = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local identity, new_epoch = ARGV[7], ARGV[8]
local CHUNK = 32 -- a page of large publications should not be read whole to be cut short

local meta = call('HMGET', KEYS[1], 'o', 'e', 'f', 'pe', 'po')
local top, epoch = tonumber(meta[1]) or 0, meta[2]
if not epoch and since > 0 then return { 0, false } end
if not epoch then
  call('XLEN', KEYS[2]) -- refuses a key of another type
  local has_remains = call('EXISTS', KEYS[2]) == 1
  epoch, top = new_epoch, 0
  call('HSET', KEYS[1], 'o', '0', 'e', epoch, 'i', identity, 'f', '1')
  if has_remains then call('DEL', KEYS[2]) end
end
local ttl = top == 0 and empty_ttl or meta_ttl
local left = call('PTTL', KEYS[1])
-- Not each time: whoever asks often need not write often. A full Redis lets it through.
if left < ttl - 30000 then redis.pcall('PEXPIRE', KEYS[1], ttl) end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local outdated = now - log_ttl
local page, bytes = {}, 0
local next_offset = limit > 0 and first_alive(KEYS[2], since + 1, outdated)
while next_offset and next_offset <= top and #page < limit * 3 do
  local from, upto = string.format('%.0f', next_offset), string.format('%.0f', top)
  local count = math.min(CHUNK, limit - #page / 3)
  local entries = call('XRANGE', KEYS[2], from, upto, 'COUNT', count)
  next_offset = nil
  for _, entry in ipairs(entries) do
    local offset, published = entry[1]:match('^(%d+)-(%d+)$')
    local data = entry[2][2]
    offset = tonumber(offset)
    bytes = bytes + #data
    next_offset = offset + 1
    if bytes > max_bytes and #page > 0 then
      next_offset = nil
      break
    end
    page[#page + 1] = offset
    page[#page + 1] = now - published
    page[#page + 1] = data
  end
end
return { top, epoch, tonumber(meta[3]) or 1, meta[4], tonumber(meta[5]) or false, page }
