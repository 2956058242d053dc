-- Reads the members of a channel, from all edges whose leases have not ended. Returns the values of
-- their hashes, or {clients, users}.
--
-- KEYS[1]  the channel's edges: see presence-write.lua
-- ARGV     'members' or 'stats'
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all, users, user_count = {}, {}, 0
for _, edge in ipairs(call('ZRANGEBYSCORE', KEYS[1], now, '+inf')) do
  for _, value in ipairs(call('HVALS', KEYS[1] .. ':' .. edge)) do
    all[#all + 1] = value
  end
end
if ARGV[1] == 'members' then return all end
for _, value in ipairs(all) do
  local user = value:sub(2, value:find('\n', 1, true))
  if not users[user] then user_count = user_count + 1 end
  users[user] = true
end
return { #all, user_count }
