-- The events for webhooks, shared by events-write.lua and events-sweep.lua.
--
-- KEYS   1 a sorted set of the edges: score = when the lease ends, in ms; if it was ended, minus the
--          time at which it was
--        2 a hash of the channels that the queues know of or must get to know of:
--          channel -> edges:announced:queue, the number of edges on which it has subscribers, 1 if the
--          last event that its queue got is channel_occupied, and the queue's name
--        3 a sorted set of channels whose queue lacks an event: score = since when, in ms
--        4 the prefix of the keys of queues, which are streams with the fields e (an event), or o or v
--          (a channel is occupied, vacated) and t (when, in ms); and of the edges' keys
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local edges_key, channels_key, due_key, prefix = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function queue_key(queue) return prefix .. ':queue:' .. queue end
-- A sorted set of the channels that have subscribers on an edge; the scores are 0.
local function edge_key(edge) return prefix .. ':on:' .. edge end

local function has_room(queue, size) return call('XLEN', queue_key(queue)) < size end

local function read_channel(channel)
  local value = call('HGET', channels_key, channel)
  if not value then return 0, false, nil end
  local count, announced, queue = string.match(value, '^(%d+):(%d):(.*)$')
  return tonumber(count), announced == '1', queue
end

local function write_channel(channel, count, announced, queue)
  if count == 0 and not announced then
    call('HDEL', channels_key, channel)
  else
    call('HSET', channels_key, channel, count .. ':' .. (announced and '1' or '0') .. ':' .. queue)
  end
end

local function announce(channel, queue, is_occupied)
  call('XADD', queue_key(queue), '*', is_occupied and 'o' or 'v', channel, 't', now)
end

local function leave(channel)
  local count, announced, queue = read_channel(channel)
  if count == 0 then return end
  write_channel(channel, count - 1, announced, queue)
  if count > 1 then return end
  if announced then call('ZADD', due_key, now, channel) else call('ZREM', due_key, channel) end
end
