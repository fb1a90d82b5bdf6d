/** Schedules, slots and jobs: one script that reads what is wanted at one moment, and one that writes if nothing came between. */
import { script } from './script.ts'

/** KEYS: life rev slots open newest claimed changed schedules daemons */
export const readSlotsScript = script(`
local wants = cjson.decode(ARGV[4])
local slots, ids, seen = {}, {}, {}
local function add(id)
  if seen[id] then return end
  seen[id] = true
  local text = redis.call('HGET', KEYS[3], id)
  if text then slots[#slots + 1] = text end
end
if wants.open then for _, id in ipairs(redis.call('SMEMBERS', KEYS[4])) do add(id) end end
for _, id in ipairs(wants.slots or {}) do add(id) end
if wants.newest then
  local from = wants.newest.schedule and ARGV[3] .. wants.newest.schedule or KEYS[5]
  -- Ids are <instant>|<schedule>, and a ~ comes behind every |.
  local upTo = wants.newest.upTo and '(' .. wants.newest.upTo .. '~' or '+'
  for _, id in ipairs(redis.call('ZREVRANGEBYLEX', from, upTo, '-', 'LIMIT', 0, whole(wants.newest.limit))) do add(id) end
end
if wants.later then
  local of = ARGV[3] .. wants.later.schedule
  for _, id in ipairs(redis.call('ZRANGEBYLEX', of, '(' .. wants.later.than .. '~', '+')) do add(id) end
end
if wants.changedAfter then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '(' .. whole(wants.changedAfter), '+inf')) do add(id) end
end
if wants.claimedSinceMs then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], whole(wants.claimedSinceMs), '+inf')) do add(id) end
end
local schedules = {}
if wants.allSchedules then
  local all = redis.call('HGETALL', KEYS[8])
  for i = 1, #all, 2 do schedules[#schedules + 1] = { all[i], all[i + 1] } end
elseif wants.schedules then
  for _, name in ipairs(wants.schedules) do
    local text = redis.call('HGET', KEYS[8], name)
    if text then schedules[#schedules + 1] = { name, text } end
  end
end
local daemons, beats = {}, redis.call('HGETALL', KEYS[9])
for i = 1, #beats, 2 do
  daemons[#daemons + 1] = { beats[i], beats[i + 1], redis.call('EXISTS', ARGV[2] .. beats[i]) }
end
return { redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]) or '0', whole(now(ARGV[1])), whole(micros()), slots,
  schedules, daemons }
`)

/** KEYS: the same, and writer. → 0: another write came between */
export const writeSlotsScript = script(`
if redis.call('GET', KEYS[10]) == ARGV[3] then return 1 end
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] or (redis.call('GET', KEYS[2]) or '0') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[10], ARGV[3], 'EX', 3600)
if ARGV[1] == '' then redis.call('SET', KEYS[1], ARGV[4]) end
local rev = whole(redis.call('INCR', KEYS[2]))
local written = cjson.decode(ARGV[9])
for _, slot in ipairs(written) do
  redis.call('HSET', KEYS[3], slot.id, slot.text)
  redis.call(slot.isOpen and 'SADD' or 'SREM', KEYS[4], slot.id)
  redis.call('ZADD', KEYS[5], 0, slot.id)
  redis.call('ZADD', ARGV[8] .. slot.schedule, 0, slot.id)
  redis.call('ZADD', KEYS[6], whole(slot.claimedMs), slot.id)
  redis.call('ZADD', KEYS[7], rev, slot.id)
end
for i = 11, #ARGV, 2 do redis.call('HSET', KEYS[8], ARGV[i], ARGV[i + 1]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[9], ARGV[5], ARGV[6]) end
local function listOf(id) return ARGV[8] .. id:sub(id:find('|', 1, true) + 1) end
local function forget(id)
  redis.call('HDEL', KEYS[3], id)
  redis.call('ZREM', listOf(id), id)
  for _, key in ipairs({ KEYS[5], KEYS[6], KEYS[7] }) do redis.call('ZREM', key, id) end
end
for _, id in ipairs(cjson.decode(ARGV[10])) do forget(id) end
if ARGV[7] == '' then return 1 end
local prune = cjson.decode(ARGV[7])
local surplus = redis.call('ZCARD', KEYS[6]) - prune.most
local function forgetEnded(id)
  if redis.call('SISMEMBER', KEYS[4], id) == 1 then return end
  forget(id)
  surplus = surplus - 1
end
local upTo = surplus > 0 and '+inf' or '(' .. whole(prune.before)
local most = redis.call('SCARD', KEYS[4]) + 1000
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', upTo, 'LIMIT', 0, most)) do
  local isOld = tonumber(redis.call('ZSCORE', KEYS[6], id)) < prune.before
  if isOld or (surplus > 0 and (redis.call('ZREVRANK', listOf(id), id) or prune.ofEach) >= prune.ofEach) then forgetEnded(id) end
end
-- The oldest may all be the newest of what comes rarely: then whoever adds one loses its own.
for _, slot in ipairs(written) do
  local of = listOf(slot.id)
  local gone = math.min(surplus, redis.call('ZCARD', of) - prune.ofEach)
  if gone > 0 then for _, id in ipairs(redis.call('ZRANGE', of, 0, whole(gone - 1))) do forgetEnded(id) end end
end
return 1
`)
