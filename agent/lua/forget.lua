-- Takes a conversation off the due set when its log is gone: nobody can ever answer it.
-- KEYS: meta, due.   ARGV: conversation.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
