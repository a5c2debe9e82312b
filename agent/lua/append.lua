-- Appends events to a conversation's log, all or none.
-- KEYS: events, staff, meta, seen, due, open.   ARGV[1]: header as JSON; then the sealed events, the log's first.
local events, staff, meta, seen, due, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local header = cjson.decode(ARGV[1])
local incarnation = redis.call('HGET', meta, 'incarnation')

if header.start then
  if incarnation then return {incarnation, redis.call('HGET', meta, 'seq')} end
  incarnation = header.start
  redis.call('HSET', meta, 'incarnation', incarnation, 'seq', 0, 'owner', 'agent', 'epoch', 0, 'last_in', 0)
end
if not incarnation then return {'refused', 'gone'} end

local last_in = tonumber(redis.call('HGET', meta, 'last_in'))
if header.dedupe and redis.call('HEXISTS', seen, header.dedupe) == 1 then
  return {incarnation, redis.call('HGET', seen, header.dedupe)}
end
if header.lease and tonumber(redis.call('HGET', meta, 'lease') or '0') ~= header.lease then return {'refused', 'lease'} end
if header.owner and redis.call('HGET', meta, 'owner') ~= header.owner then return {'refused', 'owner'} end
if header.unless_after and last_in > header.unless_after then return {'refused', 'newer'} end
if header.seen and last_in > header.seen then return {'refused', 'stale'} end

if header.new_owner then
  redis.call('HSET', meta, 'owner', header.new_owner)
  redis.call('HINCRBY', meta, 'epoch', 1)
end
local seq = tonumber(redis.call('HGET', meta, 'seq'))
for i = 2, #ARGV do
  seq = seq + 1
  local stream = events
  if i - 1 > header.events then stream = staff end
  redis.call('XADD', stream, seq .. '-0', 'e', ARGV[i])
end
redis.call('HSET', meta, 'seq', seq)
if header.dedupe then redis.call('HSET', seen, header.dedupe, seq) end
if header.row then
  for field, value in pairs(header.row) do redis.call('HSET', meta, field, value) end
end
if header.inbound then
  redis.call('HSET', meta, 'last_in', seq)
  redis.call('ZADD', due, 'NX', header.now, header.conversation)
  redis.call('ZADD', open, header.now, header.conversation)
end
if header.answered and last_in <= header.answered then redis.call('ZREM', due, header.conversation) end
for _, key in ipairs({events, staff, meta, seen}) do redis.call('EXPIRE', key, header.ttl) end
return {incarnation, seq}
