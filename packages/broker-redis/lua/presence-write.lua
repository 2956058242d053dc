-- Writes one edge's presence changes and renews its leases on these channels. Notifies watchers of
-- each join and leave that changed something.
--
-- KEYS   two for each channel:
--          a sorted set of the edges that have a lease: score = when the lease ends, in ms; if
--            another edge ended the lease, minus the time at which it did
--          a hash of this edge's members: client -> '+' or '-' (whether watchers are notified), the
--            user in JSON, a newline, the member in JSON. For another edge, the key ends with the
--            name of that edge.
-- ARGV   the edge, lease in ms, 1 to end other edges' leases that have run out; then for each
--          channel: topic, 1 if this edge has written members before that should still be in its
--          hash, number of changes, and three for each change: j (join), r (present, without a
--          notification) or l (leave); client; for j and r the value for the hash, for l '+' or '-'
--
-- Returns for each channel: 'ok'; 'lost', if the lease or the hash of this edge is missing;
-- 'ended', if another edge has ended the lease and notified watchers of the leaves; '-<error>'.
-- Executing the same changes again changes nothing.
local call, sub, find, concat, KEYS, ARGV = redis.call, string.sub, string.find, table.concat, KEYS, ARGV
local edge, lease, is_sweeping = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local MAX_MESSAGE = 65536
-- How long an ended lease is remembered, so that an edge that returns learns that it was ended.
local REMEMBERED = 10 * lease

local function announcer(topic)
  local lines, size = {}, 0
  local function flush()
    if #lines > 0 then call('PUBLISH', topic, concat(lines, '\n')) end
    lines, size = {}, 0
  end
  local function add(sign, value)
    local line = sign .. sub(value, find(value, '\n', 1, true) + 1)
    lines[#lines + 1] = line
    size = size + #line
    if size > MAX_MESSAGE then flush() end
  end
  return add, flush
end

local function change(members, verb, client, value, announce)
  if verb == 'l' then
    local was = call('HGET', members, client)
    if not was then return end
    call('HDEL', members, client)
    if value == '+' then announce('-', was) end
    return
  end
  local is_new = call('HSET', members, client, value) == 1
  if is_new and verb == 'j' and sub(value, 1, 1) == '+' then announce('+', value) end
end

local function end_leases(edges, announce)
  for _, other in ipairs(call('ZRANGEBYSCORE', edges, 0, '(' .. now)) do
    local members = edges .. ':' .. other
    for _, value in ipairs(call('HVALS', members)) do
      if sub(value, 1, 1) == '+' then announce('-', value) end
    end
    call('DEL', members)
    call('ZADD', edges, -now, other)
  end
  call('ZREMRANGEBYSCORE', edges, '(' .. (REMEMBERED - now), '(0')
end

local function write_members(edges, members, argument)
  local topic, was_told, count = ARGV[argument], ARGV[argument + 1] == '1', tonumber(ARGV[argument + 2])
  local announce, flush = announcer(topic)
  local lease_end = tonumber(call('ZSCORE', edges, edge) or nil)
  local answer = 'ok'
  if was_told then
    if lease_end and lease_end < 0 then
      answer = 'ended'
    elseif not lease_end or call('EXISTS', members) == 0 then
      answer = 'lost'
    end
  end
  for n = argument + 3, argument + count * 3, 3 do
    change(members, ARGV[n], ARGV[n + 1], ARGV[n + 2], announce)
  end
  if call('EXISTS', members) == 1 then
    call('ZADD', edges, now + lease, edge)
    call('PEXPIRE', members, 4 * lease)
  elseif lease_end and lease_end >= 0 then
    call('ZREM', edges, edge)
  end
  if is_sweeping then end_leases(edges, announce) end
  call('PEXPIRE', edges, 2 * REMEMBERED)
  flush()
  return answer
end

local answers, argument = {}, 4
for n = 1, #KEYS, 2 do
  local is_done, answer = pcall(write_members, KEYS[n], KEYS[n + 1], argument)
  if not is_done then
    answer = '-' .. (type(answer) == 'table' and answer.err or tostring(answer))
  end
  answers[#answers + 1] = answer
  argument = argument + 3 + tonumber(ARGV[argument + 2]) * 3
end
return answers
