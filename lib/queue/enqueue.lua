-- Puts a batch of jobs on the queue, each once, with Horizon's bookkeeping.
--
-- KEYS  1  list            the queue that workers pop from
--       2  notify          one element a job, for workers that block
--     unless ARGV[2] is never:
--       3  horizon-seen    tgook's memory of a live Horizon master
--       4  masters         Horizon: sorted set of masters by their last beat
--       5  recent_jobs     Horizon: sorted set
--       6  pending_jobs    Horizon: sorted set
--       7  monitoring      Horizon: set of monitored tags
--     then for each update:
--          seen            bitmap of the update ids that became a job
--          unless ARGV[2] is never: the job's hash, and one sorted set for each tag
--     or, in a call without updates:
--          probe           a key of tgook's own
--
-- ARGV  1  now             unix seconds
--       2  horizon         auto | always | never
--       3  tags            how many tags each job has
--       4  connection      name of the queue connection
--       5  queue           name of the queue
--       6  name            display name of the job
--     then for each update:
--          payload, bit, id, time (unix seconds with a fraction), limit (a queue of this length is full for it;
--          0: none is), each tag
--
-- Returns one integer for each update:
--   0  duplicate           its bit was set: the job is there already; its bitmap's time to live is renewed
--   1  enqueued
--   2  enqueued without all of Horizon's bookkeeping
--   3  refused             nothing of it was stored
--   4  full                the queue has reached its limit: nothing of it was stored
-- or an error, when nothing at all was stored. Without updates it returns an empty list where it could store
-- some, or the error that they would meet.
--
-- Redis does not roll a script back. Hence: the types of the keys are looked at before anything is written;
-- the first write is one that Redis refuses when memory is short (it looks only before the first); and no
-- bit is left set without its job, or the retry would be taken for a duplicate and the update lost.
-- Every update that is answered 200 writes, duplicates too: WAIT and WAITAOF, sent behind the script, wait for
-- the last write of their own connection, and would otherwise say of a duplicate what nobody knows.
-- Horizon's part comes behind an accepted job and can fail without undoing it.

local DAY_AND_HOUR = 90000 -- Telegram sends an update again for 24 hours
local HOUR = 3600
local MASTER_ALIVE = 14 -- Horizon: a master whose last beat is older is gone
local MASTER_CHECKED = 60 -- look for a master once a minute, not for every batch

local DUPLICATE, ENQUEUED, WITHOUT_HORIZON, REFUSED, FULL = 0, 1, 2, 3, 4

local now, horizon, tags = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local connection, queue, name = ARGV[4], ARGV[5], ARGV[6]
local list, notify = KEYS[1], KEYS[2]
local keysBefore = horizon == 'never' and 2 or 7
local keysEach = horizon == 'never' and 1 or 2 + tags
local argsBefore, argsEach = 6, 5 + tags
local updates = (#ARGV - argsBefore) / argsEach

local function failed(reply)
  return type(reply) == 'table' and reply.err ~= nil
end

local length, notified = redis.pcall('LLEN', list), redis.pcall('LLEN', notify)
if failed(length) or failed(notified) then
  return failed(length) and length or notified
end

-- A bit and a push are tried on one key, of which only one can succeed: the right to push is looked at before
-- the type of the key is.
if updates == 0 then
  local probe = KEYS[keysBefore + 1]
  local reply = redis.pcall('SETBIT', probe, 0, 0)
  if not failed(reply) then
    reply = redis.pcall('EXPIRE', probe, 1)
  end
  if not failed(reply) then
    reply = redis.pcall('RPUSH', probe, '')
  end
  if failed(reply) and not string.find(reply.err, 'WRONGTYPE', 1, true) then
    return reply
  end
  return {}
end

-- Whether to write Horizon's keys, and whether to remember that a master is alive.
local function lookForHorizon()
  if horizon ~= 'auto' then
    return horizon == 'always', false
  end
  local seen = redis.pcall('GET', KEYS[3])
  local remembered = type(seen) == 'string' and tonumber(seen)
  if remembered and now - remembered < MASTER_CHECKED then
    return true, false
  end
  local alive = redis.pcall('ZCOUNT', KEYS[4], now - MASTER_ALIVE, '+inf')
  if type(alive) == 'number' and alive > 0 then
    return true, true
  end
  return remembered ~= false and remembered ~= nil, false
end

-- Horizon's bookkeeping of one job. False when any of it failed.
local function tellHorizon(key, arg, payload)
  local id, time = ARGV[arg + 2], ARGV[arg + 3]
  local recent, pending, monitoring, hash = KEYS[5], KEYS[6], KEYS[7], KEYS[key + 1]
  local complete = not failed(redis.pcall('HSET', hash, 'id', id, 'connection', connection, 'queue', queue,
    'name', name, 'status', 'pending', 'payload', payload, 'created_at', time, 'updated_at', time))
  complete = not failed(redis.pcall('EXPIRE', hash, HOUR)) and complete
  complete = not failed(redis.pcall('ZADD', recent, '-' .. time, id)) and complete
  complete = not failed(redis.pcall('ZADD', pending, '-' .. time, id)) and complete
  for tag = 1, tags do
    local monitored = redis.pcall('SISMEMBER', monitoring, ARGV[arg + 4 + tag])
    if failed(monitored) then
      complete = false
    elseif monitored == 1 then
      complete = not failed(redis.pcall('ZADD', KEYS[key + 1 + tag], time, id)) and complete
    end
  end
  return complete
end

local withHorizon, remember = lookForHorizon()
local outcomes, stored, firstError = {}, false, nil
local lastSeen

for update = 1, updates do
  local key = keysBefore + (update - 1) * keysEach + 1
  local arg = argsBefore + (update - 1) * argsEach + 1
  local seen, payload, bit, limit = KEYS[key], ARGV[arg], ARGV[arg + 1], tonumber(ARGV[arg + 4])
  local outcome, reply = REFUSED, nil
  if limit > 0 and length >= limit and redis.pcall('GETBIT', seen, bit) == 0 then
    outcome = FULL
  else
    reply = redis.pcall('SETBIT', seen, bit, 1)
    -- Updates of one bitmap mostly follow each other: it expires once for all of them.
    if not failed(reply) and seen ~= lastSeen then
      redis.pcall('EXPIRE', seen, DAY_AND_HOUR)
      lastSeen = seen
    end
  end
  if reply == 1 then
    outcome, stored = DUPLICATE, true
  elseif reply == 0 then
    reply = redis.pcall('RPUSH', list, payload)
    if failed(reply) then
      redis.pcall('SETBIT', seen, bit, 0)
    else
      outcome, stored, length = ENQUEUED, true, reply
      -- Its type was looked at, so this fails only with the right to push, which the list has just had.
      redis.pcall('RPUSH', notify, 1)
      if withHorizon and not tellHorizon(key, arg, payload) then
        outcome = WITHOUT_HORIZON
      end
    end
  end
  if outcome == REFUSED then
    firstError = firstError or reply
  end
  outcomes[update] = outcome
end

if firstError and not stored then
  return firstError
end
if remember then
  redis.pcall('SET', KEYS[3], now, 'EX', HOUR)
end
return outcomes
