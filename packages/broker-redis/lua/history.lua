-- Reads a part of a channel's log. Returns {top offset, epoch, first offset of the generation,
-- epoch of the position that it follows or false, offset of that position or false, {offset, age in
-- ms, data, offset, …}}. A log without publications ends at offset 0 in the epoch of empty logs;
-- reading it creates no key for the channel.
--
-- KEYS[1]  the channel's meta hash, KEYS[2] its log (see publish.lua), KEYS[3] the epoch of empty
--          logs
-- ARGV     the offset after which to begin, maximum number of publications, maximum bytes of data
--          (a single publication may exceed it), log TTL ms, meta TTL ms, identity, a name for a
--          new epoch
local call = redis.call
local since, limit, max_bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local log_ttl, meta_ttl, identity, new_epoch = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
local CHUNK = 32 -- a page of large publications is not read whole only to be cut

local meta = call('HMGET', KEYS[1], 'o', 'e', 'f', 'pe', 'po')
local top, epoch = tonumber(meta[1]) or 0, meta[2]
if not epoch then
  local is_done, found = pcall(empty_epoch, KEYS[3], identity, new_epoch)
  local fault = not is_done and (type(found) == 'table' and found.err or tostring(found))
  if fault and not fault:find('OOM', 1, true) then return redis.error_reply(fault) end
  -- A full Redis cannot store the epoch, so a position in it is unknown later.
  return { 0, fault and new_epoch or found, 1, false, false, {} }
end
-- Renewed every 30 s at most, so that frequent reads cause few writes. A full Redis accepts it.
if call('PTTL', KEYS[1]) < meta_ttl - 30000 then redis.pcall('PEXPIRE', KEYS[1], meta_ttl) end

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
