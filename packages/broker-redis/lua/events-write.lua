-- Writes a batch of one edge and renews its lease.
--
-- ARGV   the edge, lease in ms, the batch's number, 1 if the edge has no channel here, the most events
--        in a queue; then three for each operation: see EventOperation
--
-- Returns the number of dropped events, 'lost' or 'ended': see EventBatchAnswer.
local edge, lease, number = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local is_first, size = ARGV[4] == '1', tonumber(ARGV[5])
-- How long an edge may take to repeat a batch.
local REMEMBERED = 10 * lease
local own = edge_key(edge)
local number_key = prefix .. ':number:' .. edge

local function occupy(channel, queue, is_known)
  if call('ZADD', own, 0, channel) == 0 then return end
  local count, announced, known_queue = read_channel(channel)
  queue = known_queue or queue
  if not known_queue and is_known then announced = true end
  if not announced and has_room(queue, size) then
    announce(channel, queue, true)
    announced = true
  end
  write_channel(channel, count + 1, announced, queue)
  if announced then call('ZREM', due_key, channel) else call('ZADD', due_key, now, channel) end
end

local is_repeated = tonumber(call('GET', number_key) or 0) >= number
if is_repeated and #ARGV > 5 then return 0 end
local score = tonumber(call('ZSCORE', edges_key, edge) or nil)
if score and score < 0 then return 'ended' end
if not is_first and not score then return 'lost' end

call('ZADD', edges_key, now + lease, edge)
local dropped = 0
for n = 6, #ARGV, 3 do
  local sign, subject, queue = ARGV[n], ARGV[n + 1], ARGV[n + 2]
  if sign == 'e' then
    if has_room(queue, size) then call('XADD', queue_key(queue), '*', 'e', subject)
    else dropped = dropped + 1 end
  elseif sign == '-' then
    if call('ZREM', own, subject) == 1 then leave(subject) end
  else
    occupy(subject, queue, sign == '=')
  end
end
call('SET', number_key, number, 'PX', REMEMBERED)
if call('EXISTS', own) == 0 then call('ZREM', edges_key, edge) end
return dropped
