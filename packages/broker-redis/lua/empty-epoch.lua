-- Prepended to the scripts that need it.
--
-- All logs without a publication share one epoch, so that a subscription to a channel leaves no key
-- in Redis. A channel's first publication begins its log in that epoch. One hash holds it: i =
-- identity of the data set, e = the epoch, and one field for each channel whose log began in it,
-- named like the channel's meta hash. An epoch may name only one generation of a channel's log.
-- Therefore this epoch ends
--   - with the hash or with the data set's identity: logs that began in it may be lost;
--   - after 12 hours, which is before a meta hash that began in it expires;
--   - when a channel whose log began in it has no meta hash any more;
--   - when the hash has more than MAX_BEGUN fields.
local EMPTY_EPOCH_TTL, MAX_BEGUN = 43200000, 100000

local function new_empty_epoch(key, identity, epoch)
  -- A full Redis refuses this first write. Without it, the DEL, which a full Redis accepts, would
  -- allow the script every later write.
  redis.call('HSET', key, 'i', identity)
  redis.call('DEL', key)
  redis.call('HSET', key, 'i', identity, 'e', epoch)
  redis.call('PEXPIRE', key, EMPTY_EPOCH_TTL)
  return epoch
end

-- Returns the epoch of empty logs. If there is none, `new_epoch` becomes it.
local function empty_epoch(key, identity, new_epoch)
  local found = redis.call('HMGET', key, 'i', 'e')
  if found[1] == identity then return found[2] end
  return new_empty_epoch(key, identity, new_epoch)
end

-- Returns the epoch in which a channel's log begins.
local function begin_in_empty_epoch(key, identity, new_epoch, meta_key)
  local epoch = empty_epoch(key, identity, new_epoch)
  if redis.call('HSETNX', key, meta_key, '') == 0 or redis.call('HLEN', key) > MAX_BEGUN then
    epoch = new_empty_epoch(key, identity, new_epoch)
    redis.call('HSET', key, meta_key, '')
  end
  return epoch
end
