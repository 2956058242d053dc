-- Ends the leases of lost edges, and appends the events that are due.
--
-- KEYS   5 holds the name of the queues' consumer
--        6 a sorted set of the edges whose lease was ended, until all their channels have been left
-- ARGV   the consumer, how long it stays the consumer in ms, grace in ms, lease in ms, the most events
--        in a queue, 1 if leases and graces may end
--
-- Returns 0 if another process is the consumer, otherwise 1.
local consumer, hold, grace, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local size = tonumber(ARGV[5])
-- A call blocks Redis for all other commands, so it must be short: the next one continues.
local MAX_EDGES, MAX_CHANNELS = 100, 1000

local current = call('GET', KEYS[5])
if current and current ~= consumer then return 0 end
call('SET', KEYS[5], consumer, 'PX', hold)
if ARGV[6] ~= '1' then return 1 end

for _, edge in ipairs(call('ZRANGEBYSCORE', edges_key, 0, '(' .. now, 'LIMIT', 0, MAX_EDGES)) do
  call('ZADD', edges_key, -now, edge)
  call('ZADD', KEYS[6], 0, edge)
end
call('ZREMRANGEBYSCORE', edges_key, '(' .. (10 * lease - now), '(0')

local left = 0
for _, edge in ipairs(call('ZRANGEBYSCORE', KEYS[6], 0, 0)) do
  if left >= MAX_CHANNELS then break end
  local own = edge_key(edge)
  for _, channel in ipairs(call('ZRANGEBYSCORE', own, 0, 0, 'LIMIT', 0, MAX_CHANNELS - left)) do
    leave(channel)
    call('ZREM', own, channel)
    left = left + 1
  end
  if call('EXISTS', own) == 0 then call('ZREM', KEYS[6], edge) end
end

for _, channel in ipairs(call('ZRANGEBYSCORE', due_key, 0, now, 'LIMIT', 0, MAX_CHANNELS)) do
  local count, announced, queue = read_channel(channel)
  local is_occupied = count > 0
  if is_occupied == announced then
    call('ZREM', due_key, channel)
  elseif is_occupied or tonumber(call('ZSCORE', due_key, channel)) + grace <= now then
    if has_room(queue, size) then
      announce(channel, queue, is_occupied)
      write_channel(channel, count, is_occupied, queue)
      call('ZREM', due_key, channel)
    end
  end
end
return 1
