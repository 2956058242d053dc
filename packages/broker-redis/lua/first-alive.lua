-- Prepended to the scripts that need it.
--
-- Returns the smallest offset, `low` or above, of a log entry that was published after `outdated`
-- (ms), or nothing if there is none. Times rise with offsets, so a binary search finds it in a few
-- reads.
local function first_alive(log_key, low, outdated)
  local function next_entry(offset)
    local entry = redis.call('XRANGE', log_key, string.format('%.0f', offset), '+', 'COUNT', 1)[1]
    if not entry then return nil end
    local found, published = entry[1]:match('^(%d+)-(%d+)$')
    return tonumber(found), tonumber(published) > outdated
  end

  local found, is_alive = next_entry(low)
  if not found or is_alive then return found end
  local newest = redis.call('XREVRANGE', log_key, '+', '-', 'COUNT', 1)[1][1]
  local high = tonumber(newest:match('^%d+')) + 1
  low = found + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    found, is_alive = next_entry(middle)
    if is_alive then high = middle else low = found + 1 end
  end
  return (next_entry(low))
end
