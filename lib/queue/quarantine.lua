-- Keeps an update that the job's format cannot hold, once.
--
-- KEYS  1  quarantine        stream of the updates that are kept
--       2  quarantine:ids    hash: "<bot>:<update id>" -> id of the entry in the stream
--       3  quarantine:bytes  bytes of all bodies in the stream
--       4  seen              bitmap of the update ids that became a job; it is not changed
--
-- ARGV  1  now               unix milliseconds
--       2  bit               the update's bit in seen
--       3  bot
--       4  update id
--       5  reason
--       6  body
--       7  most entries
--       8  most bytes
--
-- Returns {outcome, lost …}: outcome is 0 when the update was there already (as a job, or quarantined within
-- the last 25 hours), 1 when it is quarantined now; lost are the "<bot>:<update id>" of the oldest entries
-- that had to go. An error means that nothing was stored.
--
-- What was there already is written once more: WAIT and WAITAOF, sent behind the script, wait for the last write
-- of their own connection.

local DAY_AND_HOUR = 90000000 -- milliseconds; Telegram may use an update id again after a week

local stream, ids, bytes = KEYS[1], KEYS[2], KEYS[3]
local now, body = tonumber(ARGV[1]), ARGV[6]
local mark = ARGV[3] .. ':' .. ARGV[4]
local mostEntries, mostBytes = tonumber(ARGV[7]), tonumber(ARGV[8])

if redis.call('GETBIT', KEYS[4], ARGV[2]) == 1 then
  redis.call('EXPIRE', KEYS[4], DAY_AND_HOUR / 1000)
  return { 0 }
end
local entry = redis.call('HGET', ids, mark)
if entry and now - tonumber(string.match(entry, '^%d+')) < DAY_AND_HOUR
  and #redis.call('XRANGE', stream, entry, entry) == 1 then
  redis.call('HSET', ids, mark, entry)
  return { 0 }
end

-- Somebody may have deleted the stream by hand: what is gone takes no room.
local entries, kept = redis.call('XLEN', stream), 0
if entries > 0 then
  kept = tonumber(redis.call('GET', bytes) or 0) or 0
end

-- The mark goes first: it is refused when memory is short, and then nothing has been written.
redis.call('HSET', ids, mark, '0-0')
entry = redis.pcall('XADD', stream, '*', 'bot', ARGV[3], 'update_id', ARGV[4], 'time', ARGV[1],
  'reason', ARGV[5], 'body', body)
if type(entry) == 'table' then
  redis.call('HDEL', ids, mark)
  return entry
end
redis.call('HSET', ids, mark, entry)
entries, kept = entries + 1, kept + #body

local reply = { 1 }
while entries > 1 and (entries > mostEntries or kept > mostBytes) do
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local fields = {}
  for at = 1, #oldest[2], 2 do
    fields[oldest[2][at]] = oldest[2][at + 1]
  end
  redis.call('XDEL', stream, oldest[1])
  local lost = (fields.bot or '?') .. ':' .. (fields.update_id or '?')
  if redis.call('HGET', ids, lost) == oldest[1] then
    redis.call('HDEL', ids, lost)
  end
  entries, kept = entries - 1, kept - #(fields.body or '')
  reply[#reply + 1] = lost
end
redis.call('SET', bytes, kept)
return reply
