/** Runs on Redis: the truth about those under way and those that ended without a word. Keeps the newest 1,000, for 90 days. */
import { hasDelivered, type RunRecord } from '../../model/run.ts'
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
      const own = [run.run_id, JSON.stringify(run), run.status, startedMs, JSON.stringify(process)]
      const delivery = hasDelivered(run)
        ? [deliveryOf(run), JSON.stringify({ run_id: run.run_id, at: run.started_at })]
        : []
      const args = [nowMs(), keptMs, keptRuns, keys.events, keys.eventBodies, ...own, ...delivery]
      await connection.patiently(`recording run ${run.run_id}`, (redis) =>
        runScript(redis, put, [keys.runs, keys.runProcesses, keys.runsNewest, keys.deliveries], args),
      )
    },
    run: async (runId) => (await readRuns([runId]))[0] ?? null,
    hasDelivered: async (delivery) =>
      (await connection.patiently('asking what was delivered', (redis) =>
        redis.hexists(keys.deliveries, deliveryOf(delivery)),
      )) === 1,
    async runs({ sync, status, limit = keptRuns }) {
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

const deliveryOf = ({ target, sync }: Pick<RunRecord, 'target' | 'sync'>): string =>
  [target, sync].map(encodeURIComponent).join('|')

const keptRuns = 1_000
const keptMs = 90 * 24 * 3_600_000
const readAtOnce = 100

/** Whoever says `running` is the one who runs it; a later word by another process (it ended) leaves that as it was. */
const put = script(`
local run = ARGV[6]
local isNew = redis.call('HEXISTS', KEYS[1], run) == 0
redis.call('HSET', KEYS[1], run, ARGV[7])
if isNew or ARGV[8] == 'running' then redis.call('HSET', KEYS[2], run, ARGV[10]) end
redis.call('ZADD', KEYS[3], ARGV[9], run)
if ARGV[11] then redis.call('HSET', KEYS[4], ARGV[11], ARGV[12]) end
if not isNew then return 1 end
local oldest = now(ARGV[1]) - tonumber(ARGV[2])
local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. whole(oldest))
local surplus = redis.call('ZCARD', KEYS[3]) - #gone - tonumber(ARGV[3])
if surplus > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[3], #gone, #gone + surplus - 1)) do gone[#gone + 1] = id end
end
-- Runs of before deliveries were kept: each says so as it goes, the newest first.
local function encode(text)
  return (text:gsub("[^%w%-_.!~*'()]", function(byte) return string.format('%%%02X', byte:byte()) end))
end
for i = #gone, 1, -1 do
  local id = gone[i]
  -- Half of a surrogate pair, where a message was cut, is more than cjson can read.
  local isRead, record = pcall(cjson.decode, redis.call('HGET', KEYS[1], id) or '{}')
  if isRead and type(record.ledger) == 'table' and (record.ledger.delivered or 0) > 0 then
    local at = cjson.encode({ run_id = id, at = record.started_at })
    redis.call('HSETNX', KEYS[4], encode(record.target) .. '|' .. encode(record.sync), at)
  end
  redis.call('HDEL', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('DEL', ARGV[4] .. id, ARGV[5] .. id)
end
return 1
`)
