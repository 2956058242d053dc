-- Tries every command that the other scripts call. This finds a missing permission, a replica or a
-- full Redis before a client's request fails. Leaves no key, unless DEL itself is refused. Returns the
-- first error.
--
-- KEYS     a key that nothing else uses; the key of the epoch of empty logs, which is only read
-- ARGV     topic
local key, refusal = KEYS[1], nil

local function call(command, ...)
  if refusal then return end
  local reply = redis.pcall(command, ...)
  -- Redis' own error text does not always name the command.
  if type(reply) == 'table' and reply.err then refusal = reply.err .. ' (' .. command .. ')' end
end

-- Also after a refusal: a key without a TTL would stay.
local function done()
  local reply = redis.pcall('DEL', key)
  if type(reply) == 'table' and reply.err and not refusal then refusal = reply.err .. ' (DEL)' end
end

call('TIME')
call('EXISTS', KEYS[2])
done()

call('HSET', key, 'o', '1')
call('HGET', key, 'o')
call('HMGET', key, 'o', 'e')
call('HSETNX', key, 'n', '')
call('HLEN', key)
call('HVALS', key)
call('HDEL', key, 'e')
call('PEXPIRE', key, 60000)
call('PTTL', key)
call('EXISTS', key)
done()

call('XADD', key, 'MAXLEN', 1, '1-1', 'd', '')
call('XLEN', key)
call('XRANGE', key, '-', '+', 'COUNT', 1)
call('XREVRANGE', key, '+', '-', 'COUNT', 1)
call('XTRIM', key, 'MAXLEN', 0)
done()

call('ZADD', key, 1, 'edge')
call('ZSCORE', key, 'edge')
call('ZRANGEBYSCORE', key, 0, '+inf')
call('ZREMRANGEBYSCORE', key, 2, 3)
call('ZREM', key, 'edge')
done()

call('SET', key, '', 'PX', 60000)
call('GET', key)
done()

call('PUBLISH', ARGV[1], '')
return refusal and redis.error_reply(refusal)
