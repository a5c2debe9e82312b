-- A turn lease with a number: a holder that comes back late finds the number gone up.
-- KEYS[1]: meta.   ARGV: take | renew | release, milliseconds, number.
local meta, what, length, number = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
if redis.call('HEXISTS', meta, 'incarnation') == 0 then return nil end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if what == 'take' then
  if tonumber(redis.call('HGET', meta, 'lease_until') or '0') > now then return nil end
  number = redis.call('HINCRBY', meta, 'lease', 1)
  redis.call('HSET', meta, 'lease_until', now + length)
  return number
end
if redis.call('HGET', meta, 'lease') ~= number then return nil end
if what == 'renew' then
  -- A renewal that was under way when its holder gave the lease back does not take it again.
  if redis.call('HGET', meta, 'lease_until') == '0' then return nil end
  redis.call('HSET', meta, 'lease_until', now + length)
else
  redis.call('HSET', meta, 'lease_until', 0)
end
return tonumber(number)
