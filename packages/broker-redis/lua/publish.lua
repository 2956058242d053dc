-- Publishes a batch. Each publication gets the next offset of its channel, is appended to the
-- channel's log and is sent to the subscribers. Each publication takes effect entirely or not at
-- all, and one that fails does not affect the others.
--
-- KEYS   the epoch of empty logs, see empty-epoch.lua; then two for each publication:
--          the channel's meta hash: o = last offset, e = epoch, i = identity of the data set in
--            which this generation was last seen, f = first offset of this generation, pe and po =
--            epoch and offset of the position that it follows (if known), x = when the hash
--            and the log last got a TTL, in ms, v and ve = number and epoch of
--            the last version
--          the channel's log, a stream whose entry ids are <offset>-<publication time in ms>
--        then, for each publication whose answer is remembered, the key that holds the answer
-- ARGV   identity, seed of new epochs, number of publications, log size, log TTL ms, meta TTL ms,
--        answer TTL ms; then two for each publication: its data, and center's knowledge of the
--        channel, '<epoch> <acked> <upper>': an epoch, the highest offset that center received as
--        an answer in it, the highest offset that was ever assigned in it. Both may be too high,
--        never too low. Empty: center knows nothing. In front of it, '@<number> <epoch> ' is the
--        publication's version: it has no effect unless it is above the last one. A '+' in front of
--        all: the answer is remembered.
--
-- Returns one answer for each publication: its offset, if its epoch is the one that center knows;
-- '<offset> <epoch>'; '=<offset> <epoch>', remembered from an earlier call, or
-- the newest publication's if the version is not above the last one; '-<error>'.
--
-- Every step that can fail (a key of another type, a full Redis, an offset that the log already
-- has) runs before the first write of a publication, because Redis does not undo the writes of a
-- failing script.
local call, find, sub, byte, format = redis.call, string.find, string.sub, string.byte, string.format
local KEYS, ARGV = KEYS, ARGV
local identity, seed, count, log_size = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local log_ttl, meta_ttl, answer_ttl = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- The conversion to text is exact below 10^14.
local stamp = '-' .. now
-- TTLs are renewed, and outdated publications are removed from the log, eight times per log TTL.
local renewal = math.floor(log_ttl / 8)

local function new_epoch(n) return seed .. format('%02x', n - 1) end

-- A generation whose log keeps no publication of the previous generation. Subscribers to the empty
-- log already have its epoch.
local function fresh_generation(meta_key, known, n)
  local known_epoch, acked = known:match('^(%S+) (%d+)')
  local epoch = begin_in_empty_epoch(KEYS[1], identity, new_epoch(n), meta_key)
  return { offset = 1, epoch = epoch, is_first = true,
    is_fresh = true, follows_epoch = known_epoch, follows_offset = acked }
end

-- The generation of a publication whose channel's meta hash belongs to another data set.
local function generation_in(last, epoch, known, n)
  local known_epoch, acked, upper = known:match('^(%S+) (%d+) (%d+)$')
  if known_epoch ~= epoch then -- this data set may have lost assigned offsets
    return { offset = last + 1, epoch = new_epoch(n), is_first = true }
  end
  acked, upper = tonumber(acked), tonumber(upper)
  if last >= upper then return { offset = last + 1, epoch = epoch } end
  return { offset = math.max(last, upper) + 1, epoch = new_epoch(n),
    is_first = true, follows_epoch = epoch, follows_offset = tostring(math.max(last, acked)) }
end

local function append(log_key, offset, data)
  return redis.pcall('XADD', log_key, 'MAXLEN', log_size, offset .. stamp, 'd', data)
end

local function save_generation(meta_key, log_key, generation, offset)
  if not generation.is_first then return call('HSET', meta_key, 'o', offset, 'i', identity) end
  local previous_first = call('HGET', meta_key, 'f')
  if previous_first and not generation.is_fresh then
    call('XTRIM', log_key, 'MINID', previous_first) -- only one generation before this one is kept
  end
  call('HSET', meta_key, 'o', offset, 'e', generation.epoch, 'i', identity, 'f', offset)
  if generation.follows_epoch then
    call('HSET', meta_key, 'pe', generation.follows_epoch, 'po', generation.follows_offset)
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

-- See parseMessage in redis-subscriptions.ts.
local function mark_of(generation)
  if not generation or not generation.is_first then return '' end
  if not generation.follows_epoch then return '!' end
  return ':' .. generation.follows_offset .. ':' .. generation.follows_epoch .. '!'
end

-- Whether a version is not above the channel's last one.
local function is_outdated(meta_key, number, epoch)
  local last = call('HMGET', meta_key, 'v', 've')
  return last[1] and tonumber(number) <= tonumber(last[1]) and (epoch == '' or epoch == last[2])
end

local REMEMBERS, VERSIONED = byte('+'), byte('@')
local answer_keys_used = 2 * count + 1

local function publish(n)
  local k, a = n * 2, n * 2 + 6
  local meta_key, log_key, answer_key = KEYS[k], KEYS[k + 1], nil
  local data, known = ARGV[a], ARGV[a + 1]
  if byte(known) == REMEMBERS then
    known = sub(known, 2)
    answer_keys_used = answer_keys_used + 1
    answer_key = KEYS[answer_keys_used]
    local answer = call('GET', answer_key)
    if answer then return '=' .. answer end
  end

  local version, version_epoch
  if byte(known) == VERSIONED then
    version, version_epoch, known = known:match('^@(%d+) (%S*) (.*)$')
  end

  local meta = call('HMGET', meta_key, 'o', 'e', 'i', 'x')
  local last, epoch, renewed, generation = meta[1], meta[2], meta[4], nil
  local has_log = last and epoch
  if version and has_log and is_outdated(meta_key, version, version_epoch) then
    local newest = last .. ' ' .. epoch
    if answer_key then call('SET', answer_key, newest, 'PX', answer_ttl) end
    return '=' .. newest
  end
  if has_log and meta[3] ~= identity then generation = generation_in(tonumber(last), epoch, known, n) end

  local number = generation and generation.offset or (last or 0) + 1
  local offset = format('%d', number)
  local added = has_log and append(log_key, offset, data)
  if not added or (added.err and find(added.err, 'equal or smaller', 1, true)) then
    -- No meta hash, or the log has this offset already: the earlier generation has ended.
    call('XLEN', log_key) -- refuses a key of another type
    generation, number, offset = fresh_generation(meta_key, known, n), 1, '1'
    if call('EXISTS', log_key) == 1 then call('DEL', log_key) end
    added = append(log_key, offset, data)
  end
  if added.err then return '-' .. added.err end

  if generation then
    epoch = generation.epoch
    save_generation(meta_key, log_key, generation, offset)
  else
    call('HSET', meta_key, 'o', offset)
  end
  if version then
    -- An empty epoch is that of the last publication.
    if version_epoch == '' then call('HSET', meta_key, 'v', version)
    else call('HSET', meta_key, 'v', version, 've', version_epoch) end
  end
  if generation or not renewed or now - renewed >= renewal then renew(meta_key, log_key) end
  if answer_key then
    call('SET', answer_key, offset .. ' ' .. epoch, 'PX', answer_ttl)
  end
  call('PUBLISH', sub(meta_key, 1, -6), offset .. ' ' .. epoch .. mark_of(generation) .. ' ' .. data)
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
