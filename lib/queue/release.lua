-- Takes an entry out of the quarantine; in a replay only when its update is a job.
--
-- KEYS  1  quarantine        stream of the updates that are kept
--       2  quarantine:ids    hash: "<bot>:<update id>" -> id of the entry in the stream
--       3  quarantine:bytes  bytes of all bodies in the stream
--     in a replay:
--       4  seen              bitmap of the update ids that became a job; it is only read
--
-- ARGV  1  entry             its id in the stream
--     in a replay:
--       2  bit               the update's bit in seen
--
-- Returns 1 when it took the entry out, and 0 when the entry was not there, or its update is no job.

local stream, ids, bytes, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local entry, bit = ARGV[1], ARGV[2]

local found = redis.call('XRANGE', stream, entry, entry)[1]
if not found or seen and redis.call('GETBIT', seen, bit) == 0 then
  return 0
end
local fields = {}
for at = 1, #found[2], 2 do
  fields[found[2][at]] = found[2][at + 1]
end

-- Redis does not refuse this when memory is short, nor then what follows it. Beside the stream the other keys
-- are only its index: whatever somebody has made of them, the entry goes.
redis.call('XDEL', stream, entry)
local mark = (fields.bot or '?') .. ':' .. (fields.update_id or '?')
if redis.pcall('HGET', ids, mark) == entry then
  redis.pcall('HDEL', ids, mark)
end
local kept = 0
if redis.call('XLEN', stream) > 0 then
  kept = (tonumber(redis.pcall('GET', bytes)) or 0) - #(fields.body or '')
end
redis.pcall('SET', bytes, math.max(kept, 0))
return 1
