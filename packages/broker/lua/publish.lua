-- Publishes items, each to its channel: gives it the next offset, appends it to the channel's log
-- and tells the subscribers. Each item is all of it or nothing, and none harms another.
--
-- KEYS   two for each item:
--          the channel's meta hash: o = last offset, e = epoch, i = identity of the data set that
--            this life was last seen in, f = first offset of this life, pe and po = the position
--            it follows (absent where nobody knows), x = when it and the log last got a TTL, in ms
--          the channel's log, a stream whose entry ids are <offset>-<publication time in ms>
--        then, for each item whose answer is remembered, where it is
-- ARGV   identity, seed of new epochs, how many items, log size, log TTL ms, meta TTL ms, answer
--        TTL ms; then two for each item: data, and what center knows of the channel, '<epoch>
--        <acked> <upper>': an epoch, the highest offset answered in it, the highest that was ever
--        handed out in it. Both may be too high, never too low. Empty: center knows nothing. Before
--        it stands a '+' where the answer is remembered.
--
-- Answers one thing for each item: its offset, where its epoch is the one that center knows;
-- '<offset> <epoch>'; '=<offset> <epoch>', remembered from an earlier publication; '-<error>'.
--
-- Whatever can fail (a key of another type, a full Redis, an offset the log already has) comes
-- before an item's first write: Redis does not undo what a failing script has written.
local call, find, sub, byte, format = redis.call, string.find, string.sub, string.byte, string.format
local KEYS, ARGV = KEYS, ARGV
local identity, seed, count, log_size = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local log_ttl, meta_ttl, answer_ttl = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Exact below 10^14.
local stamp = '-' .. now
-- TTLs are renewed, and what is outdated leaves the log, eight times per log TTL.
local renewal = math.floor(log_ttl / 8)

-- A life that begins without anything of the one before in its log.
local function fresh_life(known, n)
  local epoch, acked = known:match('^(%S+) (%d+)')
  return { offset = 1, epoch = seed .. format('%02x', n - 1), is_first = true,
    is_fresh = true, follows_epoch = epoch, follows_offset = acked }
end

-- The life of an item whose channel's meta hash is of another data set, or has no publication yet.
local function life_of(last, epoch, is_same, known, n)
  if not epoch or not last then return fresh_life(known, n) end
  local known_epoch, acked, upper = known:match('^(%S+) (%d+) (%d+)$')
  if is_same then -- made by history.lua: center, which alone publishes, was elsewhere before
    return { offset = 1, epoch = epoch, is_first = true,
      follows_epoch = known_epoch, follows_offset = acked }
  end
  if known_epoch ~= epoch then -- offsets may have been handed out that this data set has lost
    return { offset = last + 1, epoch = seed .. format('%02x', n - 1), is_first = true }
  end
  acked, upper = tonumber(acked), tonumber(upper)
  if last >= upper then return { offset = last + 1, epoch = epoch } end
  return { offset = math.max(last, upper) + 1, epoch = seed .. format('%02x', n - 1),
    is_first = true, follows_epoch = epoch, follows_offset = tostring(math.max(last, acked)) }
end

local function append(log_key, offset, data)
  return redis.pcall('XADD', log_key, 'MAXLEN', log_size, offset .. stamp, 'd', data)
end

local function save_life(meta_key, log_key, life, offset)
  if not life.is_first then return call('HSET', meta_key, 'o', offset, 'i', identity) end
  local previous_first = call('HGET', meta_key, 'f')
  if previous_first and not life.is_fresh then
    call('XTRIM', log_key, 'MINID', previous_first) -- only one life before this one is kept
  end
  call('HSET', meta_key, 'o', offset, 'e', life.epoch, 'i', identity, 'f', offset)
  if life.follows_epoch then
    call('HSET', meta_key, 'pe', life.follows_epoch, 'po', life.follows_offset)
  else
    call('HDEL', meta_key, 'pe', 'po')
  end
end

local function renew(meta_key, log_key)
  local oldest = first_alive(log_key, 0, now - log_ttl)
  if oldest then call('XTRIM', log_key, 'MINID', format('%.0f', oldest)) end
  call('HSET', meta_key, 'x', format('%.0f', now))
  call('PEXPIRE', meta_key, meta_ttl + renewal)
  call('PEXPIRE', log_key, log_ttl + renewal)
end

local REMEMBERS = byte('+')
local answer_keys_used = 2 * count

local function publish(n)
  local k, a = n * 2 - 1, n * 2 + 6
  local meta_key, log_key, answer_key = KEYS[k], KEYS[k + 1], nil
  local data, known = ARGV[a], ARGV[a + 1]
  if byte(known) == REMEMBERS then
    known = sub(known, 2)
    answer_keys_used = answer_keys_used + 1
    answer_key = KEYS[answer_keys_used]
    local answer = call('GET', answer_key)
    if answer then return '=' .. answer end
  end

  local meta = call('HMGET', meta_key, 'o', 'e', 'i', 'x')
  local last, epoch, renewed, life = meta[1], meta[2], meta[4], nil
  local is_same = meta[3] == identity
  if not is_same or not last or last == '0' then life = life_of(tonumber(last), epoch, is_same, known, n) end

  local number = life and life.offset or last + 1
  local offset = format('%d', number)
  local added = not (life and life.is_fresh) and append(log_key, offset, data)
  if not added or (added.err and find(added.err, 'equal or smaller', 1, true)) then
    -- No meta hash, or one that the log has run ahead of: its earlier life is over.
    call('XLEN', log_key) -- refuses a key of another type
    if call('EXISTS', log_key) == 1 then call('DEL', log_key) end
    life, number, offset = fresh_life(known, n), 1, '1'
    added = append(log_key, offset, data)
  end
  if added.err then return '-' .. added.err end

  if life then
    epoch = life.epoch
    save_life(meta_key, log_key, life, offset)
  else
    call('HSET', meta_key, 'o', offset)
  end
  if life or not renewed or now - renewed >= renewal then renew(meta_key, log_key) end
  if answer_key then
    call('SET', answer_key, offset .. ' ' .. epoch, 'PX', answer_ttl)
  end
  local mark = life and life.is_first and '! ' or ' '
  call('PUBLISH', sub(meta_key, 1, -6), offset .. ' ' .. epoch .. mark .. data)
  if find(known, epoch, 1, true) == 1 then return number end
  return offset .. ' ' .. epoch
end

local answers = {}
for n = 1, count do
  local is_done, answer = pcall(publish, n)
  if not is_done then
    answer = '-' .. (type(answer) == 'table' and answer.err or tostring(answer))
  end
  answers[n] = answer
end
return answers
