-- Publishes one item: gives it the channel's next offset, appends it to the channel's log, tells
-- the subscribers, and answers {offset, epoch}. All of it or nothing.
--
-- KEYS[1]  the channel's meta hash: o = last offset, e = epoch
-- KEYS[2]  the channel's log, a stream whose entry ids are <offset>-<publication time in ms>
-- KEYS[3]  where this publication's answer is remembered; only with an idempotency key
-- ARGV     topic, data, a name for a new epoch, log size, log TTL ms, meta TTL ms, answer TTL ms
--
-- Whatever can fail (a key of another type, an offset the log already has) comes before the first
-- write: Redis does not undo what a failing script has written.
local topic, data, new_epoch = ARGV[1], ARGV[2], ARGV[3]
local log_size, log_ttl, meta_ttl, answer_ttl = ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]

if KEYS[3] then
  local answer = redis.call('GET', KEYS[3])
  if answer then
    local offset, epoch = answer:match('^(%d+) (.+)$')
    return { tonumber(offset), epoch }
  end
end

local meta = redis.call('HMGET', KEYS[1], 'o', 'e')
local offset, epoch = (tonumber(meta[1]) or 0) + 1, meta[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function append()
  return redis.pcall('XADD', KEYS[2], 'MAXLEN', log_size, offset .. '-' .. now, 'd', data)
end

local added = epoch and append()
if not epoch or (added.err and added.err:find('equal or smaller', 1, true)) then
  -- No meta hash, or one that the log has run ahead of: this log's earlier life is over.
  if redis.call('XLEN', KEYS[2]) > 0 then redis.call('DEL', KEYS[2]) end
  offset, epoch = 1, new_epoch
  added = append()
end
if added.err then return added end

-- Age: every 16th publication drops up to 32 outdated ones, so an active log keeps pace.
if offset % 16 == 0 then
  local oldest_alive
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 33)) do
    oldest_alive = entry[1]
    if tonumber(oldest_alive:match('-(%d+)$')) > now - log_ttl then break end
  end
  redis.call('XTRIM', KEYS[2], 'MINID', oldest_alive)
end

redis.call('HSET', KEYS[1], 'o', offset, 'e', epoch)
redis.call('PEXPIRE', KEYS[1], meta_ttl)
redis.call('PEXPIRE', KEYS[2], log_ttl)
if KEYS[3] then redis.call('SET', KEYS[3], offset .. ' ' .. epoch, 'PX', answer_ttl) end
redis.call('PUBLISH', topic, offset .. ' ' .. epoch .. ' ' .. data)
return { offset, epoch }
