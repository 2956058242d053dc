-- Removes the oldest events of a queue, if they are still the ones that were read.
--
-- KEYS[1]  the queue: see events.lua
-- ARGV     the number of events, and the id of the oldest one
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local first = call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not first or first[1] ~= ARGV[2] then return 0 end
return call('XTRIM', KEYS[1], 'MAXLEN', call('XLEN', KEYS[1]) - tonumber(ARGV[1]))
