-- Takes the next job from the queue, as a Laravel worker does.
--
-- KEYS  1  list
--       2  reserved   sorted set of the jobs that are being worked on, by the time they run out
--       3  notify
--
-- ARGV  1  expiry     unix seconds from which the job counts as abandoned
--
-- Returns {payload, reserved}: the job as it was on the queue, and as it now stands in the sorted set, with
-- one attempt more; nothing when the queue is empty.
--
-- The pitfalls are Laravel's own and wanted here: a payload that cjson cannot read is gone after the LPOP.

local payload = redis.call('LPOP', KEYS[1])
if not payload then
  return {}
end
local job = cjson.decode(payload)
job.attempts = job.attempts + 1
local reserved = cjson.encode(job)
redis.call('ZADD', KEYS[2], ARGV[1], reserved)
redis.call('LPOP', KEYS[3])
return { payload, reserved }
