-- Empties a channel's log and notifies its subscribers. Offset and epoch stay.
--
-- KEYS[1]  the channel's meta hash, KEYS[2] its log: see publish.lua
-- ARGV     topic
local meta = redis.call('HMGET', KEYS[1], 'o', 'e')
-- The empty stream stays, so that its ids continue to rise.
redis.call('XTRIM', KEYS[2], 'MAXLEN', 0)
redis.call('PUBLISH', ARGV[1], (meta[1] or '0') .. ' ' .. (meta[2] or '') .. '~ ')
