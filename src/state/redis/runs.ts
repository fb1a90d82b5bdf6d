/**
 * Runs on Redis: the truth about those under way and those that ended without a word. Keeps those that are on and the last
 * of each sync; of the rest the 1,000 that ended last, for 90 days, and of those that were killed the 1,000 that began last.
 */
import { hasDelivered, type RunRecord } from '../../model/run.ts'
import { keptMs, keptOnMs, keptRuns } from '../kept-runs.ts'
import type { ControlStore, ProcessId, StoredRun } from '../port.ts'
import type { Own } from './own.ts'
import { runScript, script } from './script.ts'

export function storeRuns({
  connection,
  keys,
  nowMs,
  process,
  presence,
}: Own): Pick<ControlStore, 'recordRun' | 'run' | 'runs' | 'hasDelivered'> {
  const { runs: all, runProcesses, runsNewest, deliveries, runsOn, runsLast, runsPast } = keys
  const runKeys = [all, runProcesses, runsNewest, deliveries, runsOn, runsLast, runsPast]
  const readRuns = async (ids: readonly string[]): Promise<readonly StoredRun[]> => {
    if (ids.length === 0) return []
    const [records, processes] = await connection.patiently('reading runs', (redis) =>
      Promise.all([redis.hmget(keys.runs, ...ids), redis.hmget(keys.runProcesses, ...ids)]),
    )
    const found = records.flatMap((record, index) => {
      const by = processes[index]
      if (typeof record !== 'string' || typeof by !== 'string') return []
      // What `put` wrote.
      return [{ record: JSON.parse(record) as RunRecord, process: JSON.parse(by) as ProcessId }]
    })
    const running = found.filter(({ record }) => record.status === 'running')
    const alive = await presence.areAlive(running.map((one) => one.process))
    const living = new Set(running.filter((_, index) => alive[index]))
    return found.map((one) => ({ ...one.record, process: one.process, alive: living.has(one) }))
  }

  return {
    async recordRun(run) {
      if (run.status === 'running') await presence.show()
      const startedMs = Date.parse(run.started_at)
      const endedMs = run.status === 'running' ? '' : Date.parse(run.finished_at ?? run.started_at)
      const own = [run.run_id, JSON.stringify(run), startedMs, JSON.stringify(process), endedMs, nameOf(run)]
      const delivery = hasDelivered(run) ? [JSON.stringify({ run_id: run.run_id, at: run.started_at })] : []
      const args = [nowMs(), keptMs, keptRuns, keptOnMs, keys.events, keys.eventBodies, ...own, ...delivery]
      await connection.patiently(`recording run ${run.run_id}`, (redis) => runScript(redis, put, runKeys, args))
    },
    run: async (runId) => (await readRuns([runId]))[0] ?? null,
    hasDelivered: async (delivery) =>
      (await connection.patiently('asking what was delivered', (redis) =>
        redis.hexists(keys.deliveries, nameOf(delivery)),
      )) === 1,
    async runs({ sync, status, limit = Infinity }) {
      const ids = await connection.patiently('reading runs', (redis) => redis.zrevrange(keys.runsNewest, 0, -1))
      const found: StoredRun[] = []
      for (let from = 0; from < ids.length && found.length < limit; from += readAtOnce) {
        const some = await readRuns(ids.slice(from, from + readAtOnce))
        found.push(
          ...some.filter(
            (run) => (sync === undefined || run.sync === sync) && (status === undefined || run.status === status),
          ),
        )
      }
      return found.slice(0, limit)
    },
  }
}

const nameOf = ({ target, sync }: Pick<RunRecord, 'target' | 'sync'>): string =>
  [target, sync].map(encodeURIComponent).join('|')

const readAtOnce = 100

/** Whoever says `running` is the one who runs it; a later word by another process (it ended) leaves that as it was. */
const put = script(`
local records, processes, newest, deliveries, on, lasts, past = unpack(KEYS)
local run, name = ARGV[7], ARGV[12]
local function read(id)
  -- Half of a surrogate pair, where a message was cut, is more than cjson can read.
  local isRead, record = pcall(cjson.decode, redis.call('HGET', records, id) or '{}')
  return isRead and record or {}
end
local function encode(text)
  return (text:gsub("[^%w%-_.!~*'()]", function(byte) return string.format('%%%02X', byte:byte()) end))
end
local function nameOf(record)
  if record.target and record.sync then return encode(record.target) .. '|' .. encode(record.sync) end
end
-- Where a run stands: it is on, it is the last of its sync that ended, or it is of the past.
local function place(id, of, startedMs, endedMs)
  redis.call('ZREM', on, id)
  redis.call('ZREM', past, id)
  if not of then return redis.call('ZADD', past, endedMs, id) end
  local at, last = string.match(redis.call('HGET', lasts, of) or '', '^(%-?%d+)|(.*)$')
  if last == id then redis.call('HDEL', lasts, of) end
  if endedMs == '' then return redis.call('ZADD', on, startedMs, id) end
  if last and last ~= id then
    local isLater = tonumber(endedMs) >= tonumber(at)
    redis.call('ZADD', past, isLater and at or endedMs, isLater and last or id)
    if not isLater then return end
  end
  redis.call('HSET', lasts, of, endedMs .. '|' .. id)
end
-- An older millrace kept one list of them, and may still do beside this one.
local function placed() return redis.call('ZCARD', on) + redis.call('HLEN', lasts) + redis.call('ZCARD', past) end
if redis.call('ZCARD', newest) ~= placed() then
  local isPlaced = {}
  local function keep(id, key, command, field)
    if redis.call('ZSCORE', newest, id) then isPlaced[id] = true else redis.call(command, key, field) end
  end
  for _, key in ipairs({ on, past }) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do keep(id, key, 'ZREM', id) end
  end
  local all = redis.call('HGETALL', lasts)
  for i = 1, #all, 2 do keep(all[i + 1]:match('|(.*)$'), lasts, 'HDEL', all[i]) end
  all = redis.call('ZRANGE', newest, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do
    if not isPlaced[all[i]] then
      local record = read(all[i])
      place(all[i], nameOf(record), all[i + 1], record.status == 'running' and '' or all[i + 1])
    end
  end
end
local isNew = redis.call('HEXISTS', records, run) == 0
redis.call('HSET', records, run, ARGV[8])
if isNew or ARGV[11] == '' then redis.call('HSET', processes, run, ARGV[10]) end
redis.call('ZADD', newest, ARGV[9], run)
place(run, name, ARGV[9], ARGV[11])
if ARGV[13] then redis.call('HSET', deliveries, name, ARGV[13]) end
if not isNew and ARGV[11] == '' then return 1 end
local oldest = '(' .. whole(now(ARGV[1]) - tonumber(ARGV[2]))
local gone = redis.call('ZRANGEBYSCORE', past, '-inf', oldest)
local surplus = redis.call('ZCARD', past) - tonumber(ARGV[3])
if surplus > #gone then gone = redis.call('ZRANGE', past, 0, surplus - 1) end
-- One that says it is on may have been killed: it goes by its age, and once it is days old by number, too.
local killed = redis.call('ZRANGEBYSCORE', on, '-inf', oldest)
surplus = redis.call('ZCARD', on) - tonumber(ARGV[3])
if surplus > #killed then
  killed = redis.call('ZRANGEBYSCORE', on, '-inf', '(' .. whole(now(ARGV[1]) - tonumber(ARGV[4])), 'LIMIT', 0, surplus)
end
for _, id in ipairs(killed) do gone[#gone + 1] = id end
-- Runs of before deliveries were kept: each says so as it goes, the newest first.
for i = #gone, 1, -1 do
  local id = gone[i]
  local record = read(id)
  if nameOf(record) and type(record.ledger) == 'table' and (record.ledger.delivered or 0) > 0 then
    redis.call('HSETNX', deliveries, nameOf(record), cjson.encode({ run_id = id, at = record.started_at }))
  end
  redis.call('HDEL', records, id)
  redis.call('HDEL', processes, id)
  for _, key in ipairs({ newest, on, past }) do redis.call('ZREM', key, id) end
  redis.call('DEL', ARGV[5] .. id, ARGV[6] .. id)
end
return 1
`)
